using System.Globalization;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Inspection;

/// <summary>A real nginx on one port of a host: one process, so that it is ended by its id.</summary>
internal sealed class Nginx : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("userproxy-nginx-");
    private readonly Tool _process;

    private Nginx(TestHost host, int port)
    {
        string file = Path.Combine(_folder.FullName, "nginx.conf");
        File.WriteAllText(file, string.Create(CultureInfo.InvariantCulture, $$"""
            daemon off;
            master_process off;
            pid {{_folder.FullName}}/pid;
            error_log {{_folder.FullName}}/error;
            events { }
            http { access_log off; server { listen {{port}}; location / { return 200 "nginx"; } } }
            """));
        _process = Tool.Start("ip", "netns", "exec", host.Name, "nginx", "-e", $"{_folder.FullName}/error", "-p", _folder.FullName, "-c", file);
    }

    public static async Task<Nginx> StartAsync(TestHost host, int port)
    {
        Tool.SkipUnlessInstalled("nginx");
        var nginx = new Nginx(host, port);
        await Eventually.IsTrue(
            async () => await host.ConnectAsync(System.Net.IPAddress.Loopback, port) == System.Net.Sockets.SocketError.Success, "nginx listens");
        return nginx;
    }

    public Task SignalAsync(string signal) => _process.SignalAsync(signal);

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
