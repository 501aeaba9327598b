using System.Diagnostics;

namespace UserProxy.Kubernetes.Tests;

/// <summary>A folder of one test, with the ways in which files really change under a proxy.</summary>
internal sealed class TestFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("userproxy-test-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public static string Service(string name, int nodePort) => $$"""
        apiVersion: v1
        kind: Service
        metadata: {name: {{name}}, namespace: demo}
        spec: {type: NodePort, ports: [{name: http, port: 80, nodePort: {{nodePort}}}]}

        """;

    /// <summary>With its EndpointSlice, so that there is nothing to say of it.</summary>
    public static string ServiceAndSlice(string name, int nodePort) => Service(name, nodePort) + $$"""
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: {{name}}-1, namespace: demo, labels: {kubernetes.io/service-name: "{{name}}" } }
        addressType: IPv4
        ports: [{name: http, port: 80}]
        endpoints: [{addresses: [10.244.0.9], conditions: {ready: true} }]

        """;

    public void Write(string name, string text) => File.WriteAllText(this[name], text);

    /// <summary>As careful programs save: the new content appears whole or not at all.</summary>
    public void Replace(string name, string text)
    {
        File.WriteAllText(this[name + ".new"], text);
        File.Move(this[name + ".new"], this[name], overwrite: true);
    }

    /// <summary>As vim saves: the old file steps aside, a new one is written, the old one goes.</summary>
    public void SaveAsVim(string name, string text)
    {
        Write("4913", "");
        File.Delete(this["4913"]);
        Write("." + name + ".swp", "swap");
        File.Move(this[name], this[name + "~"]);
        Write(name, text);
        File.Delete(this[name + "~"]);
        File.Delete(this["." + name + ".swp"]);
    }

    /// <summary>As the kubelet updates a ConfigMap volume: a new folder, then one rename of the link that all files go through.</summary>
    public void MountConfigMap(string version, params IEnumerable<(string Name, string Text)> files)
    {
        Directory.CreateDirectory(this["..v" + version]);
        // The time is part of what tells files apart; the same one for all versions leaves only the link.
        var time = new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        foreach (var (name, text) in files)
        {
            string file = System.IO.Path.Combine(this["..v" + version], name);
            File.WriteAllText(file, text);
            File.SetLastWriteTimeUtc(file, time);
            if (!File.Exists(this[name])) File.CreateSymbolicLink(this[name], System.IO.Path.Combine("..data", name));
        }

        File.CreateSymbolicLink(this["..data_tmp"], "..v" + version);
        // .NET will not rename a link over a link to a folder; rename(2) will.
        using var rename = Process.Start("mv", ["-T", this["..data_tmp"], this["..data"]]);
        rename.WaitForExit();
        rename.ExitCode.ShouldBe(0);
    }

    public void Dispose()
    {
        if (Directory.Exists(Path)) Directory.Delete(Path, recursive: true);
    }
}
