using System.Diagnostics;
using UserProxy.FakeApiServer;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests;

/// <summary>The executable's <c>migrate convert</c> and <c>runbook</c>: against a cluster, and with what lies in the executable.</summary>
[StartsProgram]
public sealed class MigrateConvertTests : IDisposable
{
    private const string ConfigMap = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: kube-proxy, namespace: kube-system}
        data:
          kubeconfig.conf: "kind: Config"
          config.conf: |
            apiVersion: kubeproxy.config.k8s.io/v1alpha1
            kind: KubeProxyConfiguration
            clusterCIDR: 10.244.0.0/16
            mode: ipvs
            ipvs: {scheduler: lc, strictARP: true}
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("userproxy-convert-");

    [Fact]
    public async Task Cluster_ConfigMapIsConverted_AndOnlyByGet()
    {
        await using var api = await ApiServer.StartAsync();
        api.Apply(ConfigMap);

        var (_, output, error) = await ConvertAsync(KubeconfigOf(api), 0);

        output.ShouldContain("# Made by userproxy migrate convert from kube-proxy's configuration: kube-system/kube-proxy (config.conf)\n");
        output.ShouldContain("clusterCidr: [10.244.0.0/16]");
        output.ShouldContain("scheduler: lc");
        output.ShouldContain("#   ipvs.strictARP: true: ");
        error.ShouldBe("kube-system/kube-proxy (config.conf): 4 fields written, 2 left out as nothing changes, 0 to be decided\n");
        api.Requests.ShouldAllBe(request => request.Method == "GET" && request.Path == "/api/v1/namespaces/kube-system/configmaps");
        string path = Path.Combine(_folder.FullName, "userproxy.yaml");
        await File.WriteAllTextAsync(path, output, TestContext.Current.CancellationToken);
        (await RunAsync("check", path)).Code.ShouldBe(0);
    }

    [Fact]
    public async Task Cluster_HasNoConfigMap_Exits64()
    {
        await using var api = await ApiServer.StartAsync();

        var (_, output, error) = await ConvertAsync(KubeconfigOf(api), 64);

        error.ShouldContain("kube-system has neither a ConfigMap kube-proxy nor kube-proxy-config");
        output.ShouldBeEmpty();
    }

    [Fact]
    public async Task Cluster_RightIsMissing_Exits69()
    {
        await using var api = await ApiServer.StartAsync();
        api.Apply(ConfigMap);
        api.Faults.Forbidden.Add("configmaps");

        var (_, output, _) = await ConvertAsync(KubeconfigOf(api), 69, "configmaps is forbidden");

        output.ShouldBeEmpty();
    }

    [Fact]
    public async Task Cluster_IsAway_Exits69()
    {
        var api = await ApiServer.StartAsync();
        string kubeconfig = KubeconfigOf(api);
        await api.DisposeAsync();

        var (code, output, error) = await RunAsync("migrate", "convert", "--kubeconfig", kubeconfig);

        code.ShouldBe(69);
        error.ShouldContain("cannot be reached");
        output.ShouldBeEmpty();
    }

    /// <summary>The pages are in the executable itself, the native one too, wherever it is run.</summary>
    [Fact]
    public async Task Runbook_IsPrinted_WithoutTheRepository()
    {
        var (code, output, _) = await RunAsync("runbook", "watchdown");
        code.ShouldBe(0);
        output.ShouldStartWith("# UserProxyWatchDown\n\n## Meaning\n");

        var (wrong, nothing, error) = await RunAsync("runbook", "UserProxyWatchDwon");
        wrong.ShouldBe(64);
        error.ShouldBe("'UserProxyWatchDwon': no such runbook; did you mean UserProxyWatchDown? (userproxy runbook lists them)\n");
        nothing.ShouldBeEmpty();
    }

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>Asked again while a busy machine keeps the API server from answering in the client's time, which is exit code 69 as well.</summary>
    private async Task<(int Code, string Out, string Error)> ConvertAsync(string kubeconfig, int expected, string said = "")
    {
        (int Code, string Out, string Error) ran = default;
        await Eventually.IsTrue(
            async () =>
            {
                ran = await RunAsync("migrate", "convert", "--kubeconfig", kubeconfig);
                return ran.Code == expected && ran.Error.Contains(said, StringComparison.Ordinal);
            },
            $"exit code {expected}");
        return ran;
    }

    private async Task<(int Code, string Out, string Error)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(TestedProgram.Path, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder.FullName,
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output, await error);
    }

    private string KubeconfigOf(ApiServer api)
    {
        string path = Path.Combine(_folder.FullName, "kubeconfig");
        File.WriteAllText(path, api.Kubeconfig());
        return path;
    }
}
