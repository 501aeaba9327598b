using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests;

/// <summary><c>top</c> in a real terminal (tmux), as somebody sees it and types; and without one.</summary>
[StartsProgram]
public sealed class TopTests : IAsyncLifetime
{
    private readonly string _server = $"userproxy-top-{Guid.NewGuid():N}";
    private readonly Backend _echo = Backend.Echo();
    private readonly int _port = FreePort.Next();
    private ServingProcess _proxy = null!;

    public async ValueTask InitializeAsync() => _proxy = await ServingProcess.StartAsync(
        TransportKind.Sockets,
        ServingProcess.ServiceOf("web", _port, "rr", _echo) + ServingProcess.ServiceOf("api", FreePort.Next(), "rr", _echo)
            + ServingProcess.ServiceOf("lost", FreePort.Next(), "rr"));

    public async ValueTask DisposeAsync()
    {
        await Tool.FeedAsync("", "sh", "-c", $"tmux -L {_server} kill-server 2>/dev/null || true");
        await _proxy.DisposeAsync();
        await _echo.DisposeAsync();
    }

    [Theory]
    [InlineData(80, 24)]
    [InlineData(120, 30)]
    [InlineData(60, 12)]
    public async Task OnATerminal_ShowsServices_TakesKeys_AndLeavesItAsItWas(int width, int height)
    {
        Tool.SkipUnlessInstalled("tmux", "bash");
        await OpenTerminalAsync(width, height);
        await TypeAsync("top");
        await SeesAsync("default/web:80", "default/api:80", "default/lost:80", "3 Service ports, by active", "q quit");
        (await TmuxAsync("display-message", "-p", "#{alternate_on} #{cursor_flag}")).Trim().ShouldBe("1 0");

        using (var client = await Peer.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _port)))
        {
            (await client.AskAsync("hello")).ShouldBe("hello");
            await SeesLineAsync(@"default/web:80\s+Answering\s+1\s");
        }

        await SeesLineAsync(@"default/web:80\s+Answering\s+0\s");
        await KeysAsync("/", "a", "p", "i", "Enter");
        await SeesAsync("1 Service port with \"api\"");
        await Eventually.IsTrue(async () => !(await ScreenAsync()).Contains("default/web", StringComparison.Ordinal), "the others are not shown");
        await KeysAsync("e");
        await SeesAsync("default/api 80: 1 endpoint", _echo.EndPoint.ToString());
        // One after the other: together they are another key.
        await KeysAsync("Escape");
        await Eventually.IsTrue(async () => !(await ScreenAsync()).Contains("1 endpoint", StringComparison.Ordinal), "the endpoints are closed");
        await KeysAsync("Escape");
        await SeesAsync("3 Service ports, by active");
        await KeysAsync("N", "r", "p");
        await SeesAsync("3 Service ports, by name, reversed [paused]");
        await KeysAsync("?");
        await SeesAsync("Any key goes back.");
        (await ScreenAsync()).Split('\n').ShouldAllBe(line => line.Length <= width);

        await KeysAsync("q");
        await HasLeftAsync();
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    [InlineData("HUP")]
    public async Task Signal_LeavesTheTerminalAsItWas(string signal)
    {
        Tool.SkipUnlessInstalled("tmux", "bash", "pgrep");
        await OpenTerminalAsync(80, 24);
        await TypeAsync("top");
        await SeesAsync("default/web:80");

        // As somebody types it, and as another process sends it.
        if (signal == "INT") await KeysAsync("C-c");
        else
        {
            string pane = (await TmuxAsync("display-message", "-p", "#{pane_pid}")).Trim();
            string top = (await Tool.RunAsync("pgrep", "-P", pane)).Trim();
            await Tool.RunAsync("kill", $"-{signal}", top);
        }

        await HasLeftAsync();
    }

    /// <summary>As when a connection breaks; the second one is what nohup does.</summary>
    [Theory]
    [InlineData("top")]
    [InlineData("trap '' HUP; userproxy top")]
    public async Task TerminalIsGone_Ends(string line)
    {
        Tool.SkipUnlessInstalled("tmux", "bash", "pgrep");
        await OpenTerminalAsync(80, 24);
        await TypeAsync(line, line.Contains("userproxy", StringComparison.Ordinal) ? line : null);
        await SeesAsync("default/web:80");
        string pane = (await TmuxAsync("display-message", "-p", "#{pane_pid}")).Trim();
        string top = (await Tool.RunAsync("pgrep", "-P", pane)).Trim();

        await TmuxAsync("kill-server");

        await Eventually.IsTrue(() => !Directory.Exists($"/proc/{top}"), "it has ended");
    }

    [Fact]
    public async Task CtrlZ_LeavesTheTerminalAsItWas_AndFgTakesItAgain()
    {
        Tool.SkipUnlessInstalled("tmux", "bash");
        await OpenTerminalAsync(80, 24);
        await TypeAsync("top");
        await SeesAsync("default/web:80");

        await KeysAsync("C-z");
        await HasLeftAsync();
        await TmuxAsync("send-keys", "fg", "Enter");
        await SeesAsync("default/web:80", "3 Service ports, by active", "q quit");
        await KeysAsync("?");
        await SeesAsync("Any key goes back.");

        await KeysAsync("q");
        await HasLeftAsync();
    }

    /// <summary>Found by its name in the folders of terminfo, where it is no entry.</summary>
    [Theory]
    [InlineData("../../../../etc/passwd")]
    [InlineData(".")]
    public async Task TerminalHasADamagedEntry_IsAsAnUnknownOne(string terminal)
    {
        Tool.SkipUnlessInstalled("tmux", "bash");
        await OpenTerminalAsync(80, 24);

        await TmuxAsync("send-keys", $"TERM={terminal} userproxy list; echo code=$?", "Enter");
        await SeesLineAsync("^code=0$");
        await TypeAsync("top", $"TERM={terminal} userproxy top");
        await SeesAsync("default/web:80", "q quit");
        await KeysAsync("N");
        await SeesAsync("3 Service ports, by name");
        await KeysAsync("Down", "Down", "e");
        await SeesAsync("default/web 80: 1 endpoint");
        await KeysAsync("q");
        await HasLeftAsync();
    }

    /// <summary>Whoever moves through the lines sees figures of now.</summary>
    [Fact]
    public async Task KeyIsHeld_FiguresGoOn()
    {
        Tool.SkipUnlessInstalled("tmux", "bash");
        await OpenTerminalAsync(80, 24);
        await TypeAsync("top");
        await SeesAsync("default/web:80");
        using var client = await Peer.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _port));
        (await client.AskAsync("hello")).ShouldBe("hello");

        await Eventually.IsTrue(
            async () =>
            {
                // Each moves the cursor, and none asks for another part of the lines.
                await TmuxAsync("send-keys", "Down");
                await TmuxAsync("send-keys", "Up");
                return Regex.IsMatch(await ScreenAsync(), @"default/web:80\s+Answering\s+1\s", RegexOptions.Multiline);
            }, "the connection is seen meanwhile");
    }

    [Fact]
    public async Task TerminalIsMadeWider_ShowsMore()
    {
        Tool.SkipUnlessInstalled("tmux", "bash");
        await OpenTerminalAsync(80, 24);
        await TypeAsync("top");
        await SeesAsync("default/web:80", "P99");
        (await ScreenAsync()).ShouldNotContain("PROTOCOL");

        await TmuxAsync("resize-window", "-x", "140", "-y", "30");

        await SeesAsync("PROTOCOL", "TCP/IPv4");
    }

    [Fact]
    public async Task ProxyEnds_IsSaid_AndItIsFoundAgain()
    {
        Tool.SkipUnlessInstalled("tmux", "bash");
        await OpenTerminalAsync(80, 24);
        await TypeAsync("top");
        await SeesAsync("default/web:80");

        await _proxy.Process.SignalAsync("KILL");
        await SeesAsync("no answer: no userproxy answers at");
        await using var again = await _proxy.StartAgainAsync();

        await Eventually.IsTrue(async () => !(await ScreenAsync()).Contains("no answer:", StringComparison.Ordinal), "top goes on");
        await SeesAsync("default/web:80");
    }

    [Theory]
    [InlineData("TERM=dumb userproxy top")]
    [InlineData("userproxy top | cat")]
    public async Task NoScreenForIt_PrintsOneTable(string line)
    {
        Tool.SkipUnlessInstalled("tmux", "bash");
        await OpenTerminalAsync(140, 24);
        await TypeAsync(line["userproxy ".Length..], line);
        await SeesAsync("PROTOCOL", "default/web:80", "default/lost:80");

        (await TmuxAsync("display-message", "-p", "#{alternate_on} #{cursor_flag}")).Trim().ShouldBe("0 1");
    }

    [Theory]
    [InlineData("--sort-by beauty", 64, "beauty")]
    [InlineData("--interval 1ms", 64, "--interval: '1ms' is not allowed here")]
    [InlineData("-n none", 0, "no Service in namespace none")]
    public async Task WithoutATerminal_Says(string arguments, int code, string says)
    {
        var (exit, _, error) = await _proxy.RunAsync(["top", .. arguments.Split(' ')]);

        exit.ShouldBe(code);
        error.ShouldContain(says);
    }

    [Fact]
    public async Task WithoutATerminal_IsOneTableOfAll()
    {
        var (code, output, _) = await _proxy.RunAsync("top", "--sort-by", "name", "-n", "default");

        code.ShouldBe(0);
        output.Split('\n')[1..4].Select(line => line.Split(' ')[0]).ShouldBe(["api:80", "lost:80", "web:80"]);
        var (unreachable, _, error) = await ServingProcess.RunOnAsync(Path.Combine(_proxy.Folder, "none.sock"), "top");
        unreachable.ShouldBe(69);
        error.ShouldContain("no userproxy answers at");
    }

    [Theory]
    [InlineData("--rate", "Prot LocalAddress:Port                 CPS    InPPS   OutPPS    InBPS   OutBPS")]
    [InlineData("--connection", "pro expire state       source             virtual            destination")]
    [InlineData("--timeout", "Timeout (tcp tcpfin udp): 7200 3600 60")]
    public async Task ListAsIpvs_HasItsForms(string form, string says)
    {
        using var client = await Peer.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _port));
        (await client.AskAsync("hello")).ShouldBe("hello");

        var (code, output, _) = await _proxy.RunAsync("list", "-o", "ipvs", form);

        code.ShouldBe(0);
        output.Split('\n').ShouldContain(says);
        if (form == "--connection") output.ShouldMatch($@"TCP (120:00|119:\d\d)  ESTABLISHED 127\.0\.0\.1:\d+ +127\.0\.0\.1:{_port} +{_echo.EndPoint}\n");
        (await _proxy.RunAsync("list", form)).Code.ShouldBe(64);
        (await _proxy.RunAsync("list", "-o", "ipvs", "--stats", form)).Code.ShouldBe(64);
    }

    private async Task OpenTerminalAsync(int width, int height)
    {
        // A prompt of its own, whatever this machine has: what is on the screen before is what is to be there after.
        await Tool.RunAsync(
            "tmux", "-L", _server, "-f", "/dev/null", "new-session", "-d", "-x", Number(width), "-y", Number(height),
            $"env PS1='prompt> ' PATH={TestedProgram.Folder}:$PATH USERPROXY_ADMIN_SOCKET={_proxy.AdminSocket} bash --norc --noprofile");
        await SeesAsync("prompt>");
        await TmuxAsync("send-keys", "echo before", "Enter");
        await SeesLineAsync("^before$");
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private Task<string> TypeAsync(string command, string? line = null) => TmuxAsync("send-keys", line ?? $"userproxy {command}", "Enter");

    private async Task KeysAsync(params string[] keys)
    {
        foreach (string key in keys) await TmuxAsync("send-keys", key);
    }

    private async Task HasLeftAsync()
    {
        const string Modes = "#{alternate_on} #{cursor_flag} #{keypad_cursor_flag} #{keypad_flag}";
        await Eventually.IsTrue(async () => (await TmuxAsync("display-message", "-p", Modes)).Trim() == "0 1 0 0", "the screen is back");
        await SeesLineAsync("^before$");
        // It echoes what is typed, and lines break where they should.
        await TmuxAsync("send-keys", "stty -a | tr ' ;' '\\n\\n' | grep -x echo", "Enter");
        await SeesLineAsync("^echo$");
    }

    private Task<string> ScreenAsync() => TmuxAsync("capture-pane", "-p");

    private Task<TimeSpan> SeesAsync(params string[] texts) => Eventually.IsTrue(
        async () =>
        {
            string screen = await ScreenAsync();
            return texts.All(text => screen.Contains(text, StringComparison.Ordinal));
        }, $"the screen shows {string.Join(", ", texts)}");

    private Task<TimeSpan> SeesLineAsync(string pattern) => Eventually.IsTrue(
        async () => Regex.IsMatch(await ScreenAsync(), pattern, RegexOptions.Multiline), $"the screen has a line {pattern}");

    private Task<string> TmuxAsync(params string[] arguments) => Tool.RunAsync("tmux", ["-L", _server, .. arguments]);
}
