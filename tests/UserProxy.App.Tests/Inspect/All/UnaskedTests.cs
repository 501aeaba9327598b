using UserProxy.App.Inspect;
using UserProxy.App.Inspect.All;
using UserProxy.Linux.PortInspection;

namespace UserProxy.App.Tests.Inspect.All;

/// <summary>A userproxy of another user has ports, and answers at another socket than the usual one.</summary>
public sealed class UnaskedTests
{
    [Theory]
    [InlineData("userproxy", "userproxy (pid 4711) was not asked: --admin-socket PATH, with the socket that it was run with")]
    [InlineData("nginx", null)]
    public async Task ProxyThatWasNotAsked_IsAmongWhatWasNotSeen(string name, string? unseen)
    {
        var look = Looks.Tcp(30080);
        var owners = Facts.OwnersOf((1ul, new SocketOwner(4711, name, 65534, 3, null)));
        var options = new InspectAllOptions(Diff: null, Probe: false, AdminSocket: null, Manifests: [], Kubeconfig: null, Json: false);
        var run = new InspectAllRun(
            options, new Cli().With("XDG_RUNTIME_DIR", "/nonexistent").Surroundings, UserNames.Read("/nonexistent"),
            _ => Task.FromResult(Looks.Of(look with { Facts = look.Facts with { Owners = owners } })),
            (listening, _) => Task.FromResult(listening));

        var report = await run.MakeAsync(TestContext.Current.CancellationToken);

        string[] expected = unseen is null ? [] : [unseen];
        report.Unseen.Where(line => line.Contains("was not asked", StringComparison.Ordinal)).ShouldBe(expected);
    }
}
