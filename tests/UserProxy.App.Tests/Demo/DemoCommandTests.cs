using System.Net;
using System.Net.Sockets;
using UserProxy.App.CommandLine;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.App.Tests.Demo;

public sealed class DemoCommandTests
{
    [Fact]
    public async Task Demo_Script_LosesNoRequestWhileABackendDies()
    {
        var cli = new Cli();

        int code = await cli.RunAsync("demo", "--script", "--port", $"{FreePort.Next()}");

        code.ShouldBe(ExitCode.Done, cli.Out.ToString() + cli.Error);
        cli.Out.ToString().ShouldContain(", 0 failed;");
    }

    [Fact]
    public async Task Demo_Seconds_EndsByItself() =>
        (await new Cli().RunAsync("demo", "--seconds", "1", "--port", $"{FreePort.Next()}")).ShouldBe(ExitCode.Done);

    [Fact]
    public async Task Demo_StoppedBeforeItServes_IsDone() =>
        (await new Cli().RunUntilAsync(new CancellationToken(canceled: true), "demo", "--port", $"{FreePort.Next()}")).ShouldBe(ExitCode.Done);

    [Fact]
    public async Task Demo_AnswersFromThreeBackendsInTurn()
    {
        var cli = new Cli();
        int port = FreePort.Next();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var demo = cli.RunUntilAsync(stop.Token, "demo", "--port", $"{port}");
        await Eventually.IsTrue(() => cli.Out.ToString().Contains("accepted 0", StringComparison.Ordinal), "the first view is written");

        using var handler = new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.Zero };
        using var client = new HttpClient(handler);
        var answers = new List<string>();
        for (int i = 0; i < 3; i++) answers.Add(await client.GetStringAsync(new Uri($"http://127.0.0.1:{port}"), TestContext.Current.CancellationToken));

        answers.Select(answer => answer.Split(':')[0]).Order().ShouldBe(["backend-1", "backend-2", "backend-3"]);
        answers.ShouldAllBe(answer => answer.Contains(": request 1 from 127.0.0.1:") && answer.EndsWith('\n'));
        await stop.CancelAsync();
        (await demo).ShouldBe(ExitCode.Done);
        cli.Out.ToString().ShouldContain($"curl 127.0.0.1:{port}");
    }

    [Fact]
    public async Task Demo_PortAskedForIsTaken_SaysSoAndFails()
    {
        using var taken = new TcpListener(IPAddress.Any, 0);
        taken.Start();
        int port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var cli = new Cli();

        (await cli.RunAsync("demo", "--port", $"{port}")).ShouldBe(ExitCode.Failed);

        cli.Error.ToString().ShouldContain($"port {port} cannot be had here");
    }
}
