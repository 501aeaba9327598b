using System.Diagnostics;
using UserProxy.FakeApiServer;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Client;
using UserProxy.Kubernetes.Client.Access;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Tests.Client;

/// <summary>The fake server as a program of its own, which can be stopped with SIGSTOP: its kernel still acknowledges, it does not.</summary>
public sealed class StoppedServerTests
{
    [Fact]
    public async Task ServerProcessStopped_IsFoundByThePing()
    {
        using var folder = new TestFolder();
        folder.Write("a.yaml", FollowedCluster.Service("a"));
        string program = Path.ChangeExtension(typeof(ApiServer).Assembly.Location, "dll");
        using var server = Process.Start(new ProcessStartInfo("dotnet", [program, "--manifests", folder.Path]) { RedirectStandardOutput = true })!;
        try
        {
            string kubeconfig = (await server.StandardOutput.ReadLineAsync().WaitAsync(FollowedCluster.Patience))!;
            var logger = new RecordingLogger<KubernetesSource>();
            // Silence is put up with for long, so that only the ping can tell.
            var timings = FollowedCluster.Quick with
            {
                Silence = TimeSpan.FromMinutes(5),
                Answer = TimeSpan.FromMinutes(5),
                PingDelay = TimeSpan.FromSeconds(1),
                PingTimeout = TimeSpan.FromSeconds(1),
            };
            using var client = new ApiClient(ClusterAccess.FromKubeconfig(kubeconfig, TimeProvider.System, logger), TimeProvider.System, timings);
            var source = new KubernetesSource(client, new BuildOptions { NodeName = "node-1" }, () => [], TimeProvider.System, new Random(1), logger)
            {
                NodePatience = TimeSpan.Zero,
            };
            await using var tables = source.WatchAsync(CancellationToken.None).GetAsyncEnumerator();
            await UntilAsync(tables, "a");

            await EventuallyAsync(() => client.Requests.GetValueOrDefault(("GET", "200")) == 6); // three lists, three watches
            await SignalAsync(server, "STOP");
            await EventuallyAsync(() => source.Facts.All(facts => facts.Restarts.ContainsKey("cut")));

            folder.Write("b.yaml", FollowedCluster.Service("b"));
            await SignalAsync(server, "CONT");
            await UntilAsync(tables, "a b");
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync();
        }
    }

    private static async Task UntilAsync(IAsyncEnumerator<ServiceTable> tables, string names)
    {
        do (await tables.MoveNextAsync().AsTask().WaitAsync(FollowedCluster.Patience)).ShouldBeTrue();
        while (FollowedCluster.Names(tables.Current) != names);
    }

    private static async Task EventuallyAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(FollowedCluster.Patience);
        while (!condition()) await Task.Delay(10, limit.Token);
    }

    private static async Task SignalAsync(Process process, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]);
        await kill.WaitForExitAsync();
        kill.ExitCode.ShouldBe(0);
    }
}
