using System.Net;
using System.Net.Sockets;
using Spectre.Console;
using UserProxy.App.CommandLine;
using UserProxy.App.Demo;
using UserProxy.FunctionalTests.Support;
using UserProxy.Model;

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

    /// <summary>At the start, and not again when the files are followed.</summary>
    [Fact]
    public async Task Demo_SomebodyServesTheEndpoint_IsSaidOnce()
    {
        using var folder = new TempFolder();
        using var backend = new TcpListener(IPAddress.Loopback, 0);
        backend.Start();
        string file = folder.Write("a.yaml", Manifests.Service("web", FreePort.Next(), ((IPEndPoint)backend.LocalEndpoint).Port));
        var cli = new Cli();

        (await cli.RunAsync("demo", "--manifests", file, "--seconds", "1")).ShouldBe(ExitCode.Done, cli.Error.ToString());

        (cli.Error.ToString().Split("no backend is started there").Length - 1).ShouldBe(1, cli.Error.ToString());
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

    [Fact]
    public async Task Demo_PortOfTheFileIsTaken_SaysByWhom_AndWhatToDo()
    {
        using var folder = new TempFolder();
        using var taken = new TcpListener(IPAddress.Any, 0);
        taken.Start();
        int port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var cli = new Cli();

        (await cli.RunAsync("demo", "--manifests", folder.Write("a.yaml", Manifests.Service("web", port, FreePort.Next())))).ShouldBe(ExitCode.Failed);

        cli.Error.ToString().ShouldContain($"cannot listen on port {port}: the port is taken by ");
        cli.Error.ToString().ShouldContain($"(pid {Environment.ProcessId}), at 0.0.0.0:{port}. Give one of the two another port");
    }

    /// <summary>As of a file with the addresses of Pods: nobody starts anything there.</summary>
    [Fact]
    public async Task Demo_EndpointsAreElsewhere_SaysThatItStartsNone()
    {
        using var folder = new TempFolder();
        string text = Manifests.Service("web", FreePort.Next(), 80).Replace("127.0.0.1", "192.0.2.1", StringComparison.Ordinal);
        var cli = new Cli();

        (await cli.RunAsync("demo", "--manifests", folder.Write("a.yaml", text), "--seconds", "1")).ShouldBe(ExitCode.Done, cli.Error.ToString());

        cli.Out.ToString().ShouldContain("with no backend of the demo's own");
    }

    /// <summary>Somebody's own file, with a backend for each endpoint that nobody serves.</summary>
    [Fact]
    public async Task Demo_Manifests_ServesThemWithBackends()
    {
        using var folder = new TempFolder();
        using var served = new TcpListener(IPAddress.Loopback, FreePort.Next());
        served.Start();
        int port = FreePort.Next(), free = FreePort.Next(), taken = ((IPEndPoint)served.LocalEndpoint).Port;
        string file = Path.Combine(folder.Path, "web.yaml");
        await File.WriteAllTextAsync(
            file, "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec:\n  type: NodePort\n  ports: [{port: 80, nodePort: " + port
                + "}]\n" + Slice(1, free) + Slice(2, taken), TestContext.Current.CancellationToken);
        var cli = new Cli();
        var demo = cli.RunAsync("demo", "--seconds", "4", "--manifests", file);
        await Eventually.IsTrue(() => cli.Out.ToString().Contains("accepted 0", StringComparison.Ordinal), "the first view is written");

        using var handler = new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.Zero };
        using var client = new HttpClient(handler);
        // The endpoints take turns, and the other one never answers.
        var requests = Enumerable.Range(0, 2).Select(_ => client.GetStringAsync(new Uri($"http://127.0.0.1:{port}"), TestContext.Current.CancellationToken));
        string answer = await await Task.WhenAny(requests);

        answer.ShouldStartWith("backend-1: request 1");
        (await demo).ShouldBe(ExitCode.Done);
        cli.Error.ToString().ShouldContain($"127.0.0.1:{taken}: no backend is started there");
        cli.Out.ToString().ShouldContain($"{file} on NodePort {port}, 1 backend behind it");

        static string Slice(int number, int port) =>
            $"---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata:\n  name: web-{number}\n  namespace: shop\n"
                + $"  labels: {{kubernetes.io/service-name: web}}\naddressType: IPv4\nports: [{{port: {port}}}]\nendpoints: [{{addresses: [127.0.0.1]}}]\n";
    }

    /// <summary>The file is followed while it is edited, as the help says: another port, another endpoint with a backend of its own, one less.</summary>
    [Fact]
    public async Task Demo_ManifestsAreEdited_FollowsThem()
    {
        using var folder = new TempFolder();
        int port = FreePort.Next(), other = FreePort.Next(), first = FreePort.Next(), second = FreePort.Next();
        string file = folder.Write("web.yaml", Manifests.Service("web", port, first));
        var cli = new Cli();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var demo = cli.RunUntilAsync(stop.Token, "demo", "--manifests", file);
        await Eventually.IsTrue(() => cli.Out.ToString().Contains($"NodePort {port}: accepted 0", StringComparison.Ordinal), "the first view is written");

        await File.WriteAllTextAsync(file, Manifests.Service("web", other, second), TestContext.Current.CancellationToken);

        await Eventually.IsTrue(() => cli.Out.ToString().Contains($"NodePort {other}: accepted ", StringComparison.Ordinal), "the new port is shown");
        using var handler = new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.Zero };
        using var client = new HttpClient(handler);
        string answer = "";
        await Eventually.IsTrue(
            async () =>
            {
                try
                {
                    answer = await client.GetStringAsync(new Uri($"http://127.0.0.1:{other}"), TestContext.Current.CancellationToken);
                    return true;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            "the new endpoint has a backend");
        answer.ShouldStartWith("backend-");
        using (var free = new TcpListener(IPAddress.Loopback, first)) free.Start();

        await File.WriteAllTextAsync(file, "kind: [", TestContext.Current.CancellationToken);
        await Eventually.IsTrue(() => cli.Out.ToString().Contains($"NodePort {other}; {file}:", StringComparison.Ordinal), "what cannot be read is said");
        await stop.CancelAsync();
        (await demo).ShouldBe(ExitCode.Done, cli.Error.ToString());
    }

    [Theory]
    [InlineData("", "no Service with a nodePort for TCP")]
    [InlineData("kind: [", "web.yaml:")]
    public async Task Demo_ManifestsWithNothingToTry_SaysSo(string text, string why)
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "web.yaml"), text, TestContext.Current.CancellationToken);
        var cli = new Cli();

        (await cli.RunAsync("demo", "--manifests", folder.Path)).ShouldBe(ExitCode.BadUsage);

        cli.Error.ToString().ShouldContain(why);
    }

    [Fact]
    public async Task Demo_Record_IsAPictureOfTheScript()
    {
        using var folder = new TempFolder();
        string file = Path.Combine(folder.Path, "demo.svg");
        var cli = new Cli();

        (await cli.RunAsync("demo", "--script", "--port", $"{FreePort.Next()}", "--record", file)).ShouldBe(ExitCode.Done, cli.Error.ToString());

        var svg = System.Xml.Linq.XDocument.Load(file);
        var frames = svg.Root!.Elements().Where(element => element.Name.LocalName == "g").ToList();
        frames.Count.ShouldBeGreaterThan(3);
        frames.Count(frame => frame.Attribute("visibility") is null).ShouldBe(1, "one frame stands where nothing moves");
        frames[^1].Value.Replace('\u00a0', ' ').ShouldContain("backend-2 revived");
        frames.ShouldContain(frame => frame.Value.Contains("killed", StringComparison.Ordinal) && frame.Value.Contains("aside", StringComparison.Ordinal));
    }

    /// <summary>A line that a terminal folds spoils every redraw after it.</summary>
    [Theory]
    [InlineData(40)]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(120)]
    public void LiveTable_FitsTheTerminal(int width)
    {
        var output = new StringWriter { NewLine = "\n" };
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output), Ansi = AnsiSupport.No });
        console.Profile.Width = width;
        DemoRow[] rows =
        [
            new("backend-1", "127.0.0.1:65535", false, "aside", 12, 123456, 1234, 12345678),
            new("backend-2", "127.0.0.1:65534", true, "answering", 0, 7, 0, 100),
        ];

        console.Write(LiveView.TableOf(rows, width));

        string[] lines = output.ToString().TrimEnd().Split('\n');
        lines.ShouldAllBe(line => line.TrimEnd().Length <= width);
        lines.Length.ShouldBe(6, "no cell is folded");
        output.ToString().ShouldContain("down, aside");
        output.ToString().ShouldContain("123456");
    }

    [Fact]
    public void Hints_NameProgramsThatAreHere()
    {
        DemoHints.For(30080, udp: true, _ => true).ShouldBe(
            ["curl 127.0.0.1:30080", "for i in 1 2 3 4 5 6; do curl -s 127.0.0.1:30080; done", "echo hello | nc -u -w1 127.0.0.1 30080"]);
        DemoHints.For(30080, udp: true, program => program == "wget").ShouldBe(["wget -qO- 127.0.0.1:30080"]);
        DemoHints.For(30080, udp: true, _ => false).ShouldBe(["http://127.0.0.1:30080/ in a browser"]);
    }

    /// <summary>HTTP is what the demo's own backends speak; of others the protocol and the port tell.</summary>
    [Theory]
    [InlineData("UDP", "dns", 53, true, "dig @127.0.0.1 -p 30053 example.com")]
    [InlineData("TCP", "dns-tcp", 53, true, "dig @127.0.0.1 -p 30053 +tcp example.com")]
    [InlineData("UDP", "game", 7777, true, "echo hello | nc -u -w1 127.0.0.1 30053")]
    [InlineData("TCP", "web", 80, true, "curl 127.0.0.1:30053")]
    [InlineData("UDP", "dns", 53, false, "127.0.0.1:30053 by UDP, with a client of its protocol")]
    public void Hints_OfManifests_SpeakTheProtocolOfThePort(string protocol, string name, int number, bool has, string hint)
    {
        var port = new ServicePort
        {
            Name = new("demo", "x", name, protocol == "UDP" ? TransportProtocol.Udp : TransportProtocol.Tcp),
            Family = AddressFamily.InterNetwork,
            Number = number,
            Listeners = [new ListenAddress(ListenerKind.NodePort, IPAddress.Any, 30053), new ListenAddress(ListenerKind.ClusterIP, IPAddress.Loopback, 53)],
        };

        DemoHints.For([port], [], _ => has).ShouldBe([hint]);
    }
}
