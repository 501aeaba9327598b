using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Verification;

/// <summary>The executable serving manifests on the node of a <see cref="TestLink"/>, and the executable verifying there.</summary>
internal sealed class VerifiedNode : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("userproxy-verify-");
    private readonly TestHost _node;
    private readonly Tool _process;

    private VerifiedNode(TestHost node, string manifests, string[] more)
    {
        _node = node;
        string path = Path.Combine(_folder.FullName, "services.yaml");
        File.WriteAllText(path, manifests);
        _process = Tool.Start("ip",
        [
            "netns", "exec", node.Name, TestedProgram.Path, "run", "--manifests", path, "--node-name", "node-1", "--admin-socket", AdminSocket,
            "--healthz-bind-address", "off", "--drain-timeout", "0s", .. more,
        ]);
    }

    private string AdminSocket => Path.Combine(_folder.FullName, "admin.sock");

    /// <summary>Returns when everything of the manifests is served.</summary>
    public static async Task<VerifiedNode> StartAsync(TestHost node, string manifests, params string[] more)
    {
        var started = new VerifiedNode(node, manifests, more);
        try
        {
            using var admin = new AdminSocket(started.AdminSocket);
            await Eventually.IsTrue(admin.ServesAsync, "the proxy serves");
            return started;
        }
        catch
        {
            await started.DisposeAsync();
            throw;
        }
    }

    public Task<Verified> VerifyAsync(params string[] arguments) => Verified.RunAsync(_node, AdminSocket, arguments);

    /// <summary>Once, where silence is what is looked for.</summary>
    public Task<Verified> VerifyOnceAsync(params string[] arguments) => Verified.RunOnceAsync(_node, AdminSocket, arguments);

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
