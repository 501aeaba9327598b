using System.Text.Json.Nodes;

namespace UserProxy.FunctionalTests.Image;

/// <summary>
/// What a container may do and see: as a kubelet makes them, with a read-only root file system, no new privileges, and no capability but those that are named.
/// </summary>
/// <param name="Root">The root file system, as a folder.</param>
/// <param name="Arguments">The program and what it is given.</param>
internal sealed record ContainerSpec(string Root, params IReadOnlyList<string> Arguments)
{
    /// <summary>Number of its user and group.</summary>
    public int User { get; init; }

    /// <summary>As <c>CAP_NET_ADMIN</c>.</summary>
    public IReadOnlyList<string> Capabilities { get; init; } = [];

    /// <summary>As <c>NAME=VALUE</c>.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary>Path of a network namespace; null for the host's network, which the chart's Pods have.</summary>
    public string? Network { get; init; }

    /// <summary>Folders of the host that are seen at the same path, read-only.</summary>
    public IReadOnlyList<string> Folders { get; init; } = [];

    /// <summary>Folders of the host by the path at which they are seen, to write into: a kubelet's hostPath and emptyDir volumes.</summary>
    public IReadOnlyDictionary<string, string> Volumes { get; init; } = new Dictionary<string, string>();

    /// <summary>A seccomp profile as a kubelet finds it on its node; null for none.</summary>
    public string? SeccompFile { get; init; }

    /// <param name="template">What <c>runc spec</c> writes.</param>
    public string ToJson(string template)
    {
        var config = JsonNode.Parse(template)!;
        config["root"] = new JsonObject { ["path"] = Root, ["readonly"] = true };
        var process = config["process"]!;
        process["terminal"] = false;
        process["noNewPrivileges"] = true;
        process["user"] = new JsonObject { ["uid"] = User, ["gid"] = User };
        process["args"] = List(Arguments);
        process["env"] = List(Environment);
        process["capabilities"] = new JsonObject { ["bounding"] = List(Capabilities), ["permitted"] = List(Capabilities), ["effective"] = List(Capabilities) };
        process.AsObject().Remove("rlimits");
        var mounts = config["mounts"]!.AsArray();
        foreach (string folder in Folders) mounts.Add(Mount(folder, folder, "ro"));
        foreach (var (path, folder) in Volumes) mounts.Add(Mount(path, folder, "rw"));
        var namespaces = config["linux"]!["namespaces"]!.AsArray();
        namespaces.Remove(namespaces.Single(item => item!["type"]!.GetValue<string>() == "network"));
        if (Network is not null) namespaces.Add(new JsonObject { ["type"] = "network", ["path"] = Network });
        if (SeccompFile is not null) config["linux"]!["seccomp"] = JsonNode.Parse(File.ReadAllText(SeccompFile));
        return config.ToJsonString();
    }

    private static JsonObject Mount(string path, string folder, string mode) =>
        new() { ["destination"] = path, ["source"] = folder, ["type"] = "bind", ["options"] = List(["rbind", mode]) };

    private static JsonArray List(IEnumerable<string> words) => [.. words.Select(word => JsonValue.Create(word))];
}
