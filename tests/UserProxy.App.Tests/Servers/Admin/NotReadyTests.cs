using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.App.Servers.Glance;
using UserProxy.App.Servers.Health;
using UserProxy.Tcp.Sockets;

namespace UserProxy.App.Tests.Servers.Admin;

/// <summary>A proxy that has not seen its source yet knows of no Service, and does not say that there is none.</summary>
public sealed class NotReadyTests
{
    [Theory]
    [InlineData(null, "the proxy's log says what it waits for")]
    [InlineData("services: 403", "services: 403")]
    public async Task BeforeTheFirstTable_SaysWhatItWaitsFor(string? trouble, string expected)
    {
        var (code, said, _) = await AskAsync("explain default/web", trouble);
        code.ShouldBe(ExitCode.Unreachable);
        said.ShouldContain($"nothing is served yet: the API server has not been listed; {expected}");
    }

    [Theory]
    [InlineData("list default/web", ExitCode.Unreachable)]
    [InlineData("list default/web:80 -o json", ExitCode.Unreachable)]
    [InlineData("explain default/web", ExitCode.Unreachable)]
    [InlineData("list", ExitCode.Unreachable)]
    public async Task BeforeTheFirstTable_SaysThatNothingIsServedYet(string line, int code)
    {
        var (exit, said, printed) = await AskAsync(line, trouble: null);
        exit.ShouldBe(code);
        said.ShouldContain("nothing is served yet: the API server has not been listed");
        printed.ShouldBeEmpty();
    }

    private static async Task<(int Code, string Said, string Printed)> AskAsync(string line, string? trouble)
    {
        using var folder = new TempFolder();
        string path = Path.Combine(folder.Path, "a.sock");
        await using var transport = new SocketTransport();
        var proxier = new Proxier(transport, new ProxyOptions(), TimeProvider.System, NullLogger<Proxier>.Instance);
        var health = new NodeHealth(() => proxier.View.Sync, () => 0, () => proxier.Table.Node, nodeMustBeKnown: false, TimeProvider.System);
        var facts = new AdminFacts(proxier, health, "node-1", "the API server", "sockets", 0, TimeProvider.System)
        {
            SourceTrouble = () => trouble is null ? null : new SourceTroubleItem("unreachable", trouble, null, null),
        };
        await using var server = await AdminServer.StartAsync(
            path, new AdminAnswers(facts, new GlanceAnswers(facts), NullLogger.Instance).AnswerAsync, NullLogger.Instance, TimeProvider.System);
        var cli = new Cli().With("USERPROXY_ADMIN_SOCKET", path);

        int code = await cli.RunAsync(line.Split(' '));
        return (code, cli.Error.ToString(), cli.Out.ToString());
    }
}
