using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;
using UserProxy.Model;
using UserProxy.Udp;

namespace UserProxy.FunctionalTests.Udp;

/// <summary>A server whose answers come when the sessions have ended: other clients, which came since, get their own answers and nobody else's.</summary>
[Collection(nameof(Alone))]
public sealed class LateAnswerTests
{
    private const int Clients = 60, ChurningAtOnce = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static TheoryData<SessionEnd, bool, bool> Cases { get; } = new(
        from end in new[] { SessionEnd.Unanswered, SessionEnd.Idle, SessionEnd.Responses, SessionEnd.EndpointLeft }
        from six in new[] { false, true }
        from withChurn in new[] { false, true }
        select new TheoryDataRow<SessionEnd, bool, bool>(end, six, withChurn));

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task AnswersComeAfterTheSessionsEnd_NobodyGetsThoseOfAnother(SessionEnd end, bool six, bool withChurn)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "UDP ports are served on Linux only");
        // Ports rest for 60 s. One that has rested may be another's, so a run that took as long says nothing.
        for (int tries = 0; tries < 3; tries++)
        {
            var (wrong, took, where) = await AnswerLateAsync(end, six, withChurn);
            TestContext.Current.TestOutputHelper?.WriteLine($"{took.TotalSeconds:0.0} s: {where}");
            if (wrong.Count > 0 && took > TimeSpan.FromSeconds(50)) continue;
            wrong.ShouldBeEmpty(where);
            return;
        }

        Assert.Skip("the machine stood still for a minute, three times");
    }

    private static async Task<(List<string> Wrong, TimeSpan Took, string Where)> AnswerLateAsync(SessionEnd end, bool six, bool withChurn)
    {
        var wrong = new List<string>();
        var watch = Stopwatch.StartNew();
        var where = new StringBuilder();
        void Pass(string step) => where.Append(CultureInfo.InvariantCulture, $"{step} {watch.Elapsed.TotalSeconds:0.0}, ");
        var time = new HastenedTime();
        var loopback = six ? IPAddress.IPv6Loopback : IPAddress.Loopback;
        await using var backend = new LateBackend(loopback);
        var service = Service.On(new IPEndPoint(loopback, FreePort.Next())) with
        {
            Protocol = TransportProtocol.Udp,
            Endpoints = [backend.Endpoint],
            Settings = new ServiceSettings { UdpResponses = end == SessionEnd.Responses ? 1 : 0 },
        };
        await using var proxy = await Proxy.StartAsync(TransportKind.Epoll, time, service);
        using var stop = new CancellationTokenSource();
        // Before the others come and go: the kernel gives a closed socket's port to the next one, and that one would meet the session of the first.
        var firstCrowd = await CrowdAsync(service.Address);
        var secondCrowd = await CrowdAsync(service.Address);
        var churning = withChurn ? Enumerable.Range(0, ChurningAtOnce).Select(_ => Task.Run(() => ChurnAsync(service.Address, stop.Token))).ToList() : [];

        // These may be answered at once, and once more later.
        bool isAnswered = end is SessionEnd.Idle or SessionEnd.Responses;
        var first = await AskAsync(firstCrowd, isAnswered ? "twice first" : "late first");
        await Eventually.IsTrue(() => backend.Owed == Clients, "all questions have come");
        Pass("asked");
        if (isAnswered)
        {
            foreach (var (socket, question) in first) (await ReceiveAsync(socket)).ShouldBe(question);
        }

        Pass("answered");

        if (end is SessionEnd.Unanswered or SessionEnd.Idle) time.Advance(TimeSpan.FromSeconds(62));
        if (end is SessionEnd.EndpointLeft) await proxy.UpdateAsync(service with { Endpoints = [backend.Endpoint with { Port = 9 }] });
        // Those that come and go may take the ports of quiet sessions before these end by themselves: only that they end is certain then.
        if (!withChurn) await Eventually.IsTrue(() => proxy.Status.Udp!.Ended(end) >= Clients, $"the sessions end: {end}");
        var ports = firstCrowd.Select(socket => ((IPEndPoint)socket.LocalEndPoint!).Port).ToHashSet();
        await Eventually.IsTrue(
            async () => !(await proxy.SessionsAsync()).Any(session => ports.Contains(session.Client.ToEndPoint().Port)), "the first crowd's have ended");
        Pass("ended");
        await proxy.UpdateAsync(service);
        time.Advance(TimeSpan.FromSeconds(2));
        var second = await AskAsync(secondCrowd, "late second");
        await Eventually.IsTrue(() => backend.Owed == 2 * Clients, "all questions have come");
        Pass("asked again");

        // Those of the first come first, to the same ports if these have been used again.
        await backend.AnswerAsync();

        foreach (var (socket, question) in second)
        {
            string answer = await ReceiveAsync(socket);
            if (answer != question) wrong.Add($"{question}: {answer}");
        }

        Pass("answered again");
        await stop.CancelAsync();
        int foreign = (await Task.WhenAll(churning)).Sum();
        if (foreign > 0) wrong.Add($"{foreign} of those that come and go");
        foreach (var (socket, _) in first.Concat(second)) socket.Dispose();
        return (wrong, watch.Elapsed, where.ToString());
    }

    /// <summary>Clients, each on a port of its own.</summary>
    private static async Task<List<Socket>> CrowdAsync(IPEndPoint service)
    {
        var crowd = new List<Socket>();
        for (int i = 0; i < Clients; i++) crowd.Add(await ConnectAsync(service));
        return crowd;
    }

    /// <summary>The clients, each with its question.</summary>
    private static async Task<List<(Socket Socket, string Question)>> AskAsync(List<Socket> crowd, string words)
    {
        var asked = crowd.Select((socket, i) => (Socket: socket, Question: $"{words} {i}")).ToList();
        foreach (var (socket, question) in asked) await socket.SendAsync(Encoding.ASCII.GetBytes(question));
        return asked;
    }

    /// <summary>A new port for each question; the result is how many got an answer to another one.</summary>
    private static async Task<int> ChurnAsync(IPEndPoint service, CancellationToken stop)
    {
        int foreign = 0;
        for (int i = 0; !stop.IsCancellationRequested; i++)
        {
            using var socket = await ConnectAsync(service);
            string question = $"quick {Environment.CurrentManagedThreadId} {i}";
            using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
            try
            {
                await socket.SendAsync(Encoding.ASCII.GetBytes(question), deadline.Token);
                if (await ReceiveAsync(socket, deadline.Token) != question) foreign++;
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException)
            {
                // While the Service has no endpoint there is no answer.
            }
        }

        return foreign;
    }

    private static async Task<Socket> ConnectAsync(IPEndPoint service)
    {
        var socket = new Socket(service.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(service);
        return socket;
    }

    private static async Task<string> ReceiveAsync(Socket socket, CancellationToken? deadline = null)
    {
        using var patience = new CancellationTokenSource(Patience);
        byte[] buffer = new byte[64];
        int length = await socket.ReceiveAsync(buffer, deadline ?? patience.Token);
        return Encoding.ASCII.GetString(buffer, 0, length);
    }
}
