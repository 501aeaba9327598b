using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Reading;
using UserProxy.Serving;
using UserProxy.Udp;

namespace UserProxy.Tests.Udp;

/// <summary>One loop's table of sessions without sockets, under a clock that the test moves, and the Services that it serves.</summary>
internal sealed class SessionRig
{
    /// <summary>An address of the node's interfaces.</summary>
    public static readonly IPAddress OwnAddress = IPAddress.Parse("192.0.2.77");

    /// <summary>How late a session may end.</summary>
    public static readonly TimeSpan Grain = TimeSpan.FromMilliseconds(125);

    /// <summary>How long a session that has had all its answers waits for its client.</summary>
    public static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(125);

    public static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    public SessionRig(SessionLimits? limits = null, MemoryBudget? memory = null, ITransparentSources? sources = null)
    {
        Own = new OwnAddresses(() => [OwnAddress]);
        Own.Refresh();
        var guard = new DialGuard(allowLoopback: false, Own, OwnListeners);
        Services = new DatagramServices(
            limits ?? SessionLimits.Default, new DescriptorBudget(1_000_000, 0), memory
                ?? MemoryBudget.Unlimited, guard, Own,
                new LoopReports((name, message) => Problems.Add(new ServiceProblem(name, ServiceProblem.EndpointLoop, message))), Time, NullLogger.Instance)
        {
            Sources = new SourcePolicy(Own, sources ?? new NoTransparentSources(NoTransparentSources.NotLinux)),
        };
        Table = Services.CreateTable(loops: 1, Sockets);
    }

    public FakeTimeProvider Time { get; } = new();

    /// <summary>What has been reported.</summary>
    public List<ServiceProblem> Problems { get; } = [];

    public FakeUpstream Sockets { get; } = new();

    public OwnAddresses Own { get; }

    public OwnListeners OwnListeners { get; } = new();

    public DatagramServices Services { get; }

    public SessionTable Table { get; }

    public long Now => Time.GetTimestamp();

    /// <summary>A Service with as many endpoints, 10.0.0.0:8080 and so on.</summary>
    public UdpService Serve(int endpoints, ServiceSettings? settings = null) => Serve(UdpService.Port(endpoints, settings));

    public UdpService Serve(ServicePort port, ListenerKind kind = ListenerKind.ClusterIP, Admission? admission = null) =>
        new(this, port, kind, admission);

    /// <summary>The endpoint of the session answers; null when nobody is to get it.</summary>
    public ClientTarget? Answer(UpstreamTarget from, int length = 100) =>
        Table.TryAnswer(from.Pool, from.Port, from.Endpoint, length, Now, out var target) ? target : null;

    public void Refuse(UpstreamTarget from, ConnectOutcome outcome = ConnectOutcome.Refused) =>
        Table.EndpointRefused(from.Pool, from.Port, from.Endpoint, outcome, Now);

    public void Advance(double seconds) => Time.Advance(TimeSpan.FromSeconds(seconds));

    public void SweepAfter(TimeSpan time)
    {
        Time.Advance(time);
        Table.Sweep(Now);
    }
}
