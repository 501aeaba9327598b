using System.Net;
using System.Net.Sockets;
using UserProxy.App.CommandLine;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.App.Tests.CommandLine;

/// <summary>Whichever way a Service is named, every command takes it; and what is not there does not hide what is.</summary>
public sealed class AskedByNameTests : IAsyncLifetime
{
    private readonly AskedProxy _proxy = new();
    private readonly TcpListener _backend = new(IPAddress.Loopback, 0);
    private readonly int _port = FreePort.Next();
    private string _web = "";

    public ValueTask InitializeAsync()
    {
        _backend.Start();
        _web = Manifests.Service("web", _port, ((IPEndPoint)_backend.LocalEndpoint).Port);
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        _backend.Dispose();
    }

    [Fact]
    public async Task ExplainVerifyAndTrace_TakeTheSameForms()
    {
        await _proxy.StartAsync(_web);

        foreach (string form in (string[])["web", "default/web", "svc/web", "service/web", "default/web:80", "web:80", "web -n default", $"{_port}"])
        {
            var explained = await _proxy.AskAsync($"explain {form}");
            explained.Code.ShouldBe(ExitCode.Done, $"{form}: {explained.Said}");
            explained.Printed.ShouldStartWith("default/web ");
            var verified = await _proxy.AskAsync($"verify {form}");
            verified.Code.ShouldBe(ExitCode.Done, $"{form}: {verified.Said}{verified.Printed}");
            verified.Printed.ShouldStartWith("default/web");
            (await _proxy.AskAsync($"list {form}")).Printed.ShouldContain("web ");
            // Traces are few at a time, and one that has ended is there for a moment.
            await _proxy.AskUntilAsync($"trace {form} --seconds 0.1", answer => answer.Said.Contains("default/web", StringComparison.Ordinal));
        }

        foreach (string command in (string[])["explain", "verify", "list", "trace"])
        {
            var missing = await _proxy.AskAsync($"{command} wbe");
            missing.Code.ShouldBe(ExitCode.Failed, command);
            missing.Said.ShouldContain("did you mean web?");
            (await _proxy.AskAsync($"{command} a/b/c")).Code.ShouldBe(ExitCode.BadUsage, command);
        }
    }

    /// <summary>What no proxy serves is found by its name, too, to say why.</summary>
    [Fact]
    public async Task Verify_AHeadlessServiceByItsNameAlone_SaysWhatItIs()
    {
        string headless = Manifests.Service("none", _port).Replace("type: NodePort", "clusterIP: None", StringComparison.Ordinal)
            .Replace($"      nodePort: {_port}\n", "", StringComparison.Ordinal);
        await _proxy.StartAsync($"{_web}---\n{headless}");

        var (code, printed, _) = await _proxy.AskAsync("verify none");

        code.ShouldBe(ExitCode.Done);
        printed.ShouldContain("it is headless");
    }

    [Fact]
    public async Task List_OneOfTwoIsThere_IsARowAndAnError()
    {
        await _proxy.StartAsync(_web);

        var (code, printed, said) = await _proxy.AskAsync("list web nope");

        code.ShouldBe(ExitCode.Failed);
        printed.ShouldContain($":{_port} ");
        said.ShouldBe("nope is not served on this node; userproxy list shows what is\n");
        (await _proxy.AskAsync("list web nope -o json")).Printed.ShouldContain("\"name\": \"web\"");
        var (none, _, each) = await _proxy.AskAsync("list nope gone");
        none.ShouldBe(ExitCode.Failed);
        each.ShouldContain("nope is not served on this node");
        each.ShouldContain("gone is not served on this node");
    }

    [Fact]
    public async Task Connections_OneOfTwoIsThere_SaysWhichIsNot()
    {
        await _proxy.StartAsync(_web);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _port, TestContext.Current.CancellationToken);
        await _proxy.AskUntilAsync("connections web", answer => answer.Printed.Contains("default/web", StringComparison.Ordinal));

        var (code, printed, said) = await _proxy.AskAsync("connections web nope");

        code.ShouldBe(ExitCode.Failed);
        printed.ShouldContain("default/web");
        said.ShouldContain("nope is not served on this node");
    }
}
