using System.Text.Json.Nodes;
using YamlDotNet.Core;

namespace UserProxy.FakeApiServer;

/// <summary>Keeps a server's objects equal to a file or folder of manifests that somebody edits.</summary>
internal sealed class ManifestFollower(ApiServer server, string? path)
{
    private readonly Dictionary<string, (DateTime Written, string Text)> _files = [];
    private Dictionary<(string Kind, string Namespace, string Name), string> _known = [];

    public void Look()
    {
        if (path is null) return;
        string[] files = Directory.Exists(path) ? [.. Directory.EnumerateFiles(path, "*.y*ml").Order(StringComparer.Ordinal)] : File.Exists(path) ? [path] : [];
        if (files.Length == _files.Count && files.All(file => _files.TryGetValue(file, out var known) && known.Written == File.GetLastWriteTimeUtc(file)))
            return;

        _files.Clear();
        var now = new Dictionary<(string, string, string), string>();
        try
        {
            foreach (string file in files)
            {
                _files[file] = (File.GetLastWriteTimeUtc(file), File.ReadAllText(file));
                foreach (var item in YamlToJson.Objects(_files[file].Text).Where(item => KeyOf(item).Item1 is "Service" or "EndpointSlice" or "Node"))
                    now[KeyOf(item)] = item.ToJsonString();
            }
        }
        catch (Exception e) when (e is YamlException or IOException)
        {
            Console.Error.WriteLine($"left as it was: {e.Message}");
            return;
        }

        foreach (var (key, json) in now)
        {
            if (_known.GetValueOrDefault(key) != json) server.Apply(JsonNode.Parse(json)!.AsObject());
        }

        foreach (var (kind, space, name) in _known.Keys.Except(now.Keys)) server.Delete(kind == "Node" ? "nodes" : kind.ToLowerInvariant() + "s", name, space);
        _known = now;
    }

    private static (string Kind, string Namespace, string Name) KeyOf(JsonObject item)
    {
        string kind = item["kind"]?.ToString() ?? "";
        if (kind != "Node" && item["metadata"] is JsonObject meta && meta["namespace"] is null) meta["namespace"] = "default";
        return (kind, item["metadata"]?["namespace"]?.ToString() ?? "", item["metadata"]?["name"]?.ToString() ?? "");
    }
}
