using UserProxy.FunctionalTests.Cluster;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Udp;

/// <summary>knot(8) in some Pods on port 53, with 256 short names and a long one, for as long as a case needs them.</summary>
internal sealed class DnsServers : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("userproxy-dns-");
    private readonly List<Tool> _servers = [];

    public DnsServers(CaseNames names, string zone, params Pod[] pods)
    {
        Names = names;
        Queries = PathOf("queries");
        File.WriteAllText(Queries, string.Concat(Enumerable.Range(0, 256).Select(i => $"h{i}.{zone} A\n")));
        string big = string.Join(' ', Enumerable.Range(0, 15).Select(i => $"\"{new string((char)('a' + i), 200)}\""));
        File.WriteAllText(PathOf("zone"), $"$ORIGIN {zone}.\n$TTL 60\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\nns A 10.99.0.0\nbig TXT {big}\n"
            + string.Concat(Enumerable.Range(0, 256).Select(i => $"h{i} A 10.99.0.{i}\n")));
        foreach (var pod in pods)
        {
            string own = Directory.CreateDirectory(PathOf(pod.Name)).FullName;
            // Without udp-max-payload, knot cuts every answer over 1,232 bytes, whatever size the client offers.
            File.WriteAllText(own + ".conf", $"""
                server:
                  rundir: {own}
                  listen: [ {pod.Host.Address}@53, {pod.Host.Address6}@53 ]
                  udp-workers: 1
                  tcp-workers: 1
                  background-workers: 1
                  udp-max-payload: 4096
                database:
                  storage: {own}
                zone:
                - domain: {zone}
                  file: {PathOf("zone")}
                  zonefile-sync: -1
                  journal-content: none

                """);
            _servers.Add(pod.Host.StartProgram("knotd", "-c", own + ".conf"));
        }
    }

    public CaseNames Names { get; }

    /// <summary>A file of questions for dnsperf.</summary>
    public string Queries { get; }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers) await server.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);
}
