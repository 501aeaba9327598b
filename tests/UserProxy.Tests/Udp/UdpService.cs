using System.Net;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Scheduling;
using UserProxy.Serving;
using UserProxy.Tests.Scheduling;
using UserProxy.Udp;

namespace UserProxy.Tests.Udp;

/// <summary>A UDP Service of a <see cref="SessionRig"/> with one listener, as its Proxier and its transport would use it.</summary>
internal sealed class UdpService
{
    public static readonly IPAddress Virtual = IPAddress.Parse("10.96.0.1");

    private static int LastPort = 1_000;

    private readonly SessionRig _rig;
    private readonly FakeDatagrams.Listener _bound;

    public UdpService(SessionRig rig, ServicePort port, ListenerKind kind, Admission? admission)
    {
        _rig = rig;
        State = new UdpPortState(port.Name, new SchedulerCursor(0));
        Swap(port);
        var address = new ListenAddress(kind, Virtual, Interlocked.Increment(ref LastPort));
        rig.OwnListeners.Add(address.EndPoint);
        var datagrams = new FakeDatagrams();
        var starting = UdpServiceListener.StartAsync(address, State, admission, PortSharing.Alone, datagrams, rig.Services).AsTask();
        starting.IsCompletedSuccessfully.ShouldBeTrue();
        Listener = starting.Result;
        Sessions = new ListenerSessions(Listener, new object());
        _bound = datagrams.Bound[address.EndPoint];
        _bound.OnRevalidate = () => rig.Table.Revalidate(Sessions, rig.Now);
    }

    public UdpPortState State { get; }

    public UdpServiceListener Listener { get; }

    public ListenerSessions Sessions { get; }

    public UdpCounters Counters => State.Udp;

    /// <summary>Sessions that ever began.</summary>
    public long Started => State.Counters.Accepted;

    public ServicePort Declared => State.Snapshot!.Port;

    public static ServicePort Port(int endpoints, ServiceSettings? settings = null) => Port(Sets.Equal(endpoints), settings);

    public static ServicePort Port(IEnumerable<Endpoint> endpoints, ServiceSettings? settings = null)
    {
        settings ??= ServiceSettings.Default;
        return Sets.Port(settings.Scheduler, endpoints) with { Name = new("shop", "dns", "dns", TransportProtocol.Udp), Settings = settings };
    }

    /// <summary>A client is an address that its number gives, and a port.</summary>
    public static SessionKey Flow(int client, int port = 40_000) =>
        new(new DatagramAddress(ClientAddress.FromIPv4(0xC0A8_0000u + (uint)client), (ushort)port), ClientAddress.From(Virtual));

    public static SessionKey Flow(string client, string local = "10.96.0.1") =>
        new(DatagramAddress.From(IPEndPoint.Parse(client)), ClientAddress.From(IPAddress.Parse(local)));

    public static DatagramAddress Address(int endpoint) => DatagramAddress.From(Sets.Endpoint(endpoint).EndPoint);

    /// <summary>The live counters of the endpoint with this number.</summary>
    public EndpointState Endpoint(int number) => State.Snapshot!.Roster.Find(Sets.Endpoint(number).EndPoint).ShouldNotBeNull();

    /// <summary>Publishes what is declared now, as the Proxier does before it tells the loops.</summary>
    public void Swap(ServicePort port) => State.Publish(new ServiceSnapshot(port, State.Snapshot, _rig.Services.Own, State.Cursor, _rig.Time));

    public void SwapEndpoints(params Endpoint[] endpoints) =>
        Swap(Declared with { Endpoints = new(endpoints), ClusterEndpoints = new(endpoints), HasEndpoints = endpoints.Length > 0 });

    public void SwapSettings(ServiceSettings settings) => Swap(Declared with { Settings = settings });

    public void SwapAndRevalidate(params Endpoint[] endpoints)
    {
        SwapEndpoints(endpoints);
        Revalidate();
    }

    public void Revalidate() => ((IServiceListener)Listener).EndpointsChanged();

    /// <summary>As if the loop were late.</summary>
    public void IgnoreRevalidations() => _bound.OnRevalidate = () => { };

    public void SetAdmission(Admission? admission) => ((IServiceListener)Listener).SetAdmission(admission);

    /// <summary>A client's datagram: where it goes; null when it is dropped.</summary>
    public UpstreamTarget? TrySend(SessionKey flow, int length = 50) =>
        _rig.Table.TryForward(Sessions, flow, length, _rig.Now, out var target) ? target : null;

    public UpstreamTarget Send(SessionKey flow, int length = 50) => TrySend(flow, length).ShouldNotBeNull();

    public UpstreamTarget Send(int client, int port = 40_000) => Send(Flow(client, port));

    /// <summary>A question and its answer.</summary>
    public UpstreamTarget Exchange(SessionKey flow)
    {
        var target = Send(flow);
        _rig.Answer(target).ShouldBe(new ClientTarget(Sessions, flow.Client, flow.Local));
        return target;
    }

    /// <summary>A flow that has gone on after an answer.</summary>
    public UpstreamTarget Establish(SessionKey flow)
    {
        Exchange(flow);
        return Send(flow);
    }

    public bool Has(SessionKey flow) => Sessions.TryFind(flow, out _);

    public long EndedInAll => Enum.GetValues<SessionEnd>().Sum(Counters.Ended);

    public long DroppedInAll => Enum.GetValues<DatagramDrop>().Sum(Counters.Dropped);

    /// <summary>Sessions have ended for these reasons and no other.</summary>
    public void ShouldHaveEnded(params (SessionEnd End, int Count)[] expected) =>
        Enum.GetValues<SessionEnd>().Where(end => Counters.Ended(end) > 0).Select(end => (end, (int)Counters.Ended(end))).ShouldBe(expected, ignoreOrder: true);

    /// <summary>Datagrams have been dropped for these reasons and no other.</summary>
    public void ShouldHaveDropped(params (DatagramDrop Drop, int Count)[] expected) =>
        Enum.GetValues<DatagramDrop>().Where(
            drop => Counters.Dropped(drop) > 0).Select(drop => (drop, (int)Counters.Dropped(drop))).ShouldBe(expected, ignoreOrder: true);
}
