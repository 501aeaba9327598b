using System.Globalization;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.StatusPage;

/// <summary>The executable with a status page, serving a manifest that the test writes.</summary>
internal sealed class PageNode : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("userproxy-page-");
    private readonly int _port = FreePort.Next();

    private PageNode(string manifest, string[] more)
    {
        string path = Path.Combine(_folder.FullName, "services.yaml");
        File.WriteAllText(path, manifest);
        Process = Tool.Start(
            TestedProgram.Path,
            [
                "run", "--manifests", path, "--node-port-addresses", "127.0.0.0/8", "--node-name", "node-1", "--admin-socket", AdminSocket,
                "--cluster-ips", "off", "--healthz-bind-address", "off", "--metrics-bind-address",
                string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_port}"), "--drain-timeout", "0s", .. more,
            ]);
    }

    public Tool Process { get; }

    public string Url => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_port}/");

    public string AdminSocket => Path.Combine(_folder.FullName, "a.sock");

    /// <summary>Returns when everything of the manifest is served.</summary>
    public static async Task<PageNode> StartAsync(string manifest, params string[] more)
    {
        var node = new PageNode(manifest, more);
        try
        {
            using var admin = new AdminSocket(node.AdminSocket);
            await Eventually.IsTrue(admin.ServesAsync, "the proxy serves");
            using var http = new HttpClient();
            await Eventually.IsTrue(
                async () =>
                {
                    try
                    {
                        return (await http.GetAsync(new Uri(new Uri(node.Url), "healthz"))).IsSuccessStatusCode;
                    }
                    catch (HttpRequestException)
                    {
                        return false;
                    }
                }, "the metrics server answers");
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
