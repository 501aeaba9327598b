using System.Net.Sockets;
using System.Text;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.App.Tests.CommandLine;

/// <summary>Whatever is at the path of the admin socket: an answer in words, with an exit code, within a bounded time.</summary>
public sealed class AdminClientTests : IDisposable
{
    private const string Line = "{\"apiVersion\":\"userproxy.io/v1\"}";

    /// <summary>For what never answers; what does may be on a busy machine.</summary>
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(300);

    private readonly TempFolder _folder = new();
    private readonly CancellationTokenSource _stop = new();

    private string SocketPath => Path.Combine(_folder.Path, "a.sock");

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Nothing_SaysWhatToDo()
    {
        var error = await FailAsync();

        error.Code.ShouldBe(ExitCode.Unreachable);
        error.Message.ShouldContain(SocketPath);
        error.Message.ShouldContain("Is one running (userproxy run)?");
        error.Message.ShouldContain("sudo");
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(1, ". 1 route of a virtual IP is left of a run that has ended: the next run takes it over, and sudo userproxy cleanup removes it")]
    [InlineData(2, ". 2 routes of virtual IPs are left of a run that has ended: the next run takes them over, and sudo userproxy cleanup removes them")]
    public async Task Nothing_AndRoutesAreLeft_SaysHowTheyGo(int left, string? says)
    {
        using var client = new AdminClient(SocketPath, isRoot: true, countLeft: () => left);

        string message = (await Should.ThrowAsync<AdminException>(async () => (await client.GetAsync("/v1/services", _stop.Token)).Dispose())).Message;

        if (says is null) message.ShouldNotContain("cleanup");
        else message.ShouldEndWith(says);
    }

    /// <summary>Whoever waits for a proxy asks several times a second.</summary>
    [Fact]
    public async Task Nothing_AskedAgain_CountsRoutesOnce()
    {
        int counted = 0;
        using var client = new AdminClient(SocketPath, isRoot: true, countLeft: () => ++counted);

        for (int i = 0; i < 3; i++)
            await Should.ThrowAsync<AdminException>(async () => (await client.GetAsync("/v1/services", TestContext.Current.CancellationToken)).Dispose());

        counted.ShouldBe(1);
    }

    [Fact]
    public async Task DeadSocket_SaysSo()
    {
        Listen().Dispose();
        if (!File.Exists(SocketPath)) AdminSocketFile.Bind(new UnixDomainSocketEndPoint(SocketPath)).Dispose();

        (await FailAsync()).Message.ShouldContain("has ended without removing it: killed, or crashed (its log's last lines tell). Start it again as before");
    }

    [Fact]
    public async Task PathTooLong_SaysSo() =>
        (await FailAsync(Path.Combine(_folder.Path, new string('x', 120)))).Message.ShouldContain("at most 107 bytes");

    [Theory]
    [InlineData("", "does not answer")]
    [InlineData("HTTP/1.1 200 OK\r\n", "does not answer")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{", "does not answer")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n", "is no userproxy")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "its answer is no JSON")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "its answer is not userproxy.io/v1")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]", "its answer is not userproxy.io/v1")]
    [InlineData("HTTP/1.1 404 Not Found\r\nContent-Length: 33\r\n\r\n{\"apiVersion\":\"userproxy.io/v1\"} ", "its answer is 404, without a message")]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", "its answer is no JSON")]
    public async Task SomethingElse_IsToldWithinABoundedTime(string says, string expected)
    {
        using var listener = Listen();
        _ = ServeAsync(listener, says, close: false);

        var error = await FailAsync(patience: expected == "does not answer" ? Short : null);

        error.Message.ShouldContain(expected);
        error.Code.ShouldBe(ExitCode.Unreachable);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")]
    public async Task ClosesEarly_IsTold(string says)
    {
        using var listener = Listen();
        _ = ServeAsync(listener, says, close: true);

        (await FailAsync()).Message.ShouldContain("is no userproxy");
    }

    [Fact]
    public async Task QueueIsFull_IsTold()
    {
        using var listener = Listen(backlog: 0);
        var waiting = new List<Socket>();
        for (int i = 0; i < 3; i++)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
            try
            {
                socket.Connect(new UnixDomainSocketEndPoint(SocketPath));
            }
            catch (SocketException)
            {
                // Full.
            }

            waiting.Add(socket);
        }

        (await FailAsync(patience: Short)).Code.ShouldBe(ExitCode.Unreachable);
        foreach (var socket in waiting) socket.Dispose();
    }

    /// <summary>Whoever prints what has come may be kept waiting (<c>less</c>): that is not the proxy's silence.</summary>
    [Fact]
    public async Task Stream_TakesLongToPrint_GoesOn()
    {
        using var listener = Listen();
        _ = ServeAsync(listener, FakeAdminSocket.Stream(isWhole: true, Line, Line), close: false);
        var time = new FiredTimers();
        using var client = new AdminClient(SocketPath, isRoot: false, time: time);
        int taken = 0;

        bool isWhole = await client.StreamAsync(
            "/v1/trace",
            _ =>
            {
                taken++;
                time.Fire();
            },
            TestContext.Current.CancellationToken);

        (taken, isWhole).ShouldBe((2, true));
    }

    [Fact]
    public async Task Stream_Silence_IsTold()
    {
        using var listener = Listen();
        _ = ServeAsync(listener, FakeAdminSocket.Stream(isWhole: false, Line), close: false);
        var time = new FiredTimers();
        using var client = new AdminClient(SocketPath, isRoot: false, time: time);
        var isTaken = new TaskCompletionSource();
        var streaming = client.StreamAsync("/v1/trace", _ => isTaken.SetResult(), TestContext.Current.CancellationToken);
        await isTaken.Task.WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);

        await Eventually.IsTrue(
            () =>
            {
                time.Fire();
                return streaming.IsCompleted;
            }, "it gives up");

        string message = (await Should.ThrowAsync<AdminException>(streaming)).Message;
        message.ShouldContain("does not answer (5s); does it hang? userproxy inspect PORT shows its ports without it");
    }

    /// <summary>What is broken off is not all: the proxy was killed.</summary>
    [Fact]
    public async Task Stream_BreaksOff_IsNotWhole()
    {
        using var listener = Listen();
        _ = ServeAsync(listener, FakeAdminSocket.Stream(isWhole: false, Line), close: true);
        using var client = new AdminClient(SocketPath, isRoot: false, Eventually.Patience);

        (await client.StreamAsync("/v1/trace", _ => { }, TestContext.Current.CancellationToken)).ShouldBeFalse();
    }

    private async Task<AdminException> FailAsync(string? path = null, TimeSpan? patience = null)
    {
        using var client = new AdminClient(path ?? SocketPath, isRoot: false, patience ?? Eventually.Patience, countLeft: () => 0);
        return await Should.ThrowAsync<AdminException>(async () =>
        {
            using var answer = await client.GetAsync("/v1/services", TestContext.Current.CancellationToken);
        });
    }

    private Socket Listen(int backlog = 8)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(SocketPath));
        socket.Listen(backlog);
        return socket;
    }

    private async Task ServeAsync(Socket listener, string says, bool close)
    {
        // More than once: a GET that got no byte of an answer is asked again.
        while (!_stop.IsCancellationRequested)
        {
            using var client = await listener.AcceptAsync(_stop.Token);
            await client.ReceiveAsync(new byte[4096], _stop.Token);
            await client.SendAsync(Encoding.ASCII.GetBytes(says), _stop.Token);
            if (!close) await Task.Delay(Timeout.InfiniteTimeSpan, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Timers that go off when the test says so, and never by themselves.</summary>
    private sealed class FiredTimers : TimeProvider
    {
        private readonly List<Timer> _timers = [];

        public void Fire()
        {
            Timer[] timers;
            lock (_timers) timers = [.. _timers];
            foreach (var timer in timers) timer.Fire();
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new Timer(() => callback(state));
            timer.Change(dueTime, period);
            lock (_timers) _timers.Add(timer);
            return timer;
        }

        private sealed class Timer(Action callback) : ITimer
        {
            private volatile bool _isSet;

            public void Fire()
            {
                if (_isSet) callback();
            }

            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                _isSet = dueTime != Timeout.InfiniteTimeSpan;
                return true;
            }

            public void Dispose() => _isSet = false;

            public ValueTask DisposeAsync()
            {
                Dispose();
                return default;
            }
        }
    }
}
