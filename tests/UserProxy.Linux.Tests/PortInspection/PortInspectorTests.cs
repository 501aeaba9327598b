using System.Net;
using System.Net.Sockets;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;

namespace UserProxy.Linux.Tests.PortInspection;

public sealed class PortInspectorTests
{
    /// <summary>A busy machine is no slow listener: each step may take as long as it needs.</summary>
    private static readonly InspectionTimings Patient = new()
    {
        Connect = TimeSpan.FromSeconds(60),
        Accept = TimeSpan.FromSeconds(60),
        Longest = TimeSpan.FromSeconds(60),
        Close = TimeSpan.FromSeconds(60),
        Owners = TimeSpan.FromSeconds(60),
    };

    private static readonly PortQuestion Question = new()
    {
        Port = 80,
        OwnAddresses = [.. new[] { "127.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "fd00::1", "fe80::1" }.Select(IPAddress.Parse)],
    };

    [Theory]
    [InlineData("", "127.0.0.1 10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 ::1 fd00::1")] // where rules for NodePorts would answer
    [InlineData("0.0.0.0", "127.0.0.1 10.0.0.1")]
    [InlineData("::", "127.0.0.1 10.0.0.1")] // both families by one socket: one is enough
    [InlineData("0.0.0.0 ::", "127.0.0.1 10.0.0.1 ::1 fd00::1")] // by two: each is met by its own family
    [InlineData("::only", "::1 fd00::1")]
    [InlineData("0.0.0.0 ::only", "127.0.0.1 10.0.0.1 ::1 fd00::1")]
    [InlineData("127.0.0.53 10.0.0.2", "127.0.0.53 10.0.0.2")]
    [InlineData("0.0.0.0 0.0.0.0", "127.0.0.1 10.0.0.1")] // SO_REUSEPORT
    public void Targets_Listeners_SayWhichAddresses(string listeners, string expected)
    {
        var rows = listeners.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Listener).ToList();

        PortInspector.Targets(Question, rows).Select(target => target.Address.ToString()).ShouldBe(expected.Split(' '));
    }

    [Fact]
    public void Targets_AddressAskedFor_IsAlone() =>
        PortInspector.Targets(Question with { Address = IPAddress.Parse("10.96.0.1") }, [Listener("0.0.0.0")]).ShouldBe([IPEndPoint.Parse("10.96.0.1:80")]);

    [Fact]
    public void Targets_NoProbeOrUdp_AreNone()
    {
        PortInspector.Targets(Question with { Probe = false }, []).ShouldBeEmpty();
        PortInspector.Targets(Question with { Protocol = TransportProtocol.Udp }, []).ShouldBeEmpty();
    }

    [Fact]
    public async Task Look_ListenerThatSpeaksFirst_IsHeardAndLeftByFin()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = Task.Run(async () =>
        {
            using var client = await listener.AcceptSocketAsync();
            await client.SendAsync("220 ready\r\n"u8.ToArray());
            return await client.ReceiveAsync(new byte[1]);
        });

        var facts = await PortInspector.LookAsync(
            Question with { Port = ((IPEndPoint)listener.LocalEndpoint).Port, Timings = Patient }, TimeProvider.System, CancellationToken.None);

        var probe = facts.Probes.ShouldHaveSingleItem();
        probe.AcceptedAfter.ShouldNotBeNull();
        (await serving).ShouldBe(0); // FIN: a reset would be an exception here
        probe.ClosedAfterFin.ShouldBe(true);
        facts.Owners.Of(probe.Child!.Value.Inode)[0].Pid.ShouldBe(Environment.ProcessId);
    }

    /// <summary>A process that gets no processor is late, and the answer was there: the time was up before it could look.</summary>
    [Fact]
    public async Task Look_LaterThanTheAnswer_HasTheAnswer()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var accepting = listener.AcceptSocketAsync(TestContext.Current.CancellationToken);

        var facts = await PortInspector.LookAsync(
            Question with
            {
                Port = ((IPEndPoint)listener.LocalEndpoint).Port,
                Timings = Patient with { Connect = TimeSpan.Zero, Close = TimeSpan.Zero },
            },
            TimeProvider.System, CancellationToken.None);

        facts.Probes.ShouldHaveSingleItem().Outcome.ShouldBe(ProbeOutcome.Connected);
        (await accepting).Dispose();
    }

    [Fact]
    public async Task Look_NobodyAccepts_LeavesByResetAndNoCloseWait()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var question = Question with { Port = port, Timings = Patient with { Accept = TimeSpan.FromMilliseconds(50) } };

        var facts = await PortInspector.LookAsync(question, TimeProvider.System, CancellationToken.None);

        facts.Probes.ShouldHaveSingleItem().EndedByReset.ShouldBeTrue();
        facts.Listeners.ShouldHaveSingleItem().ReceiveQueue.ShouldBe(1u);
        using var table = SocketTable.Open();
        table.OfPort(
            TransportProtocol.Tcp, port).Where(row => row.Local.Equals(listener.LocalEndpoint)).ShouldHaveSingleItem().State.ShouldBe(SocketState.Listen);
    }

    [Fact]
    public async Task Look_Cancelled_EndsAtOnceWithWhatThereIs()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();

        var facts = await PortInspector.LookAsync(
            Question with { Port = ((IPEndPoint)listener.LocalEndpoint).Port }, TimeProvider.System, new CancellationToken(canceled: true));

        facts.Listeners.ShouldHaveSingleItem();
    }

    private static SocketRow Listener(string address) =>
        new(
            SocketState.Listen, new IPEndPoint(IPAddress.Parse(address.Replace("only", "", StringComparison.Ordinal)), 80), new IPEndPoint(IPAddress.Any, 0), 0,
            128, 0, 1)
        {
            IPv6Only = address.Contains(':', StringComparison.Ordinal) ? address.EndsWith("only", StringComparison.Ordinal) : null,
        };
}
