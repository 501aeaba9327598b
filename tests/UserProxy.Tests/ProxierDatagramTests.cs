using System.Net;
using System.Net.Sockets;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Reading;
using UserProxy.Syncing;
using UserProxy.Udp;

namespace UserProxy.Tests;

/// <summary>What the Proxier does with UDP ports that it does not do with TCP ports.</summary>
public sealed class ProxierDatagramTests
{
    private static readonly ListenAddress NodePort = new(ListenerKind.NodePort, IPAddress.Any, 30_053),
        Cluster = new(ListenerKind.ClusterIP, IPAddress.Parse("10.96.0.10"), 53);

    private readonly ServicePort _tcp = Port(TransportProtocol.Tcp, 1, 2), _udp = Port(TransportProtocol.Udp, 1, 2);

    [Fact]
    public void Tables_TcpAndUdpOnTheSameNumbers_AreServedSideBySide()
    {
        using var run = new ProxierRun();
        run.Apply(_tcp, _udp);

        run.ShouldServe([_udp, _tcp]);
        run.Transport.Bound.Keys.ToHashSet().SetEquals(run.Datagrams.Bound.Keys).ShouldBeTrue();
        run.Datagrams.Bound.Count.ShouldBe(2);
        run.Apply(_udp);
        run.ShouldServe([_udp]);
    }

    [Fact]
    public void Listeners_OfVirtualAddresses_AreBoundFreelyAndOthersAreNot()
    {
        using var run = new ProxierRun();
        run.Apply(_udp);
        run.Datagrams.Bound.ToDictionary(pair => pair.Key.Port, pair => pair.Value.Options.FreeBind)
            .ShouldBe(new Dictionary<int, bool> { [30_053] = false, [53] = true }, ignoreOrder: true);
        run.Datagrams.Bound.ToDictionary(pair => pair.Key.Port, pair => pair.Value.Declared.IsWildcard)
            .ShouldBe(new Dictionary<int, bool> { [30_053] = true, [53] = false }, ignoreOrder: true);
    }

    /// <summary>The kernel answers "port unreachable" only for a port that is not bound.</summary>
    [Fact]
    public void Listeners_AreBoundExactlyWhileThereIsAnEndpoint()
    {
        using var run = new ProxierRun();
        var none = Port(TransportProtocol.Udp);
        run.Apply(none);
        run.ShouldServe([none]);
        run.Datagrams.Binds.ShouldBe(0);

        run.Apply(_udp);
        run.Datagrams.Bound.Count.ShouldBe(2);
        run.Apply(none);
        run.Datagrams.Bound.ShouldBeEmpty();
        run.Proxier.View.Services().Single().Listeners.ShouldAllBe(
            listener => listener.State == ListenerState.Refusing && listener.Reason == ListenerPlan.NoEndpoint);
        run.Apply(_udp);
        run.ShouldServe([_udp]);
    }

    [Fact]
    public void Listeners_GiveTheirDescriptorsBack()
    {
        using var run = new ProxierRun();
        int before = run.Proxier.Descriptors.Held;
        run.Apply(_udp);
        run.Proxier.Descriptors.Held.ShouldBe(before + (2 * run.Datagrams.SocketsPerListener));
        run.Apply();
        run.Proxier.Descriptors.Held.ShouldBe(before);
    }

    /// <summary>Law 2.</summary>
    [Fact]
    public void Endpoints_OneLeaves_LoopsAreTold()
    {
        using var run = new ProxierRun();
        run.Apply(Port(TransportProtocol.Udp, 1, 2, 3));
        Revalidations(run).ShouldBe([0, 0]);

        run.Apply(Port(TransportProtocol.Udp, 1, 2, 3, 4));
        Revalidations(run).ShouldBe([0, 0], "none has left");
        run.Apply(Port(TransportProtocol.Udp, 1, 2, 3, 4) with { Number = 54 });
        Revalidations(run).ShouldBe([0, 0], "none has left");
        run.Apply(Port(TransportProtocol.Udp, 1, 3, 4));
        Revalidations(run).ShouldBe([1, 1]);
        run.Apply(Port(TransportProtocol.Udp, 5, 6));
        Revalidations(run).ShouldBe([2, 2]);
    }

    /// <summary>With a Local policy an endpoint may leave one list and stay in the other.</summary>
    [Fact]
    public void Endpoints_OneIsNoLongerLocal_LoopsAreTold()
    {
        using var run = new ProxierRun();
        var local = _udp with { ExternalPolicy = TrafficPolicy.Local, LocalEndpoints = _udp.ClusterEndpoints };
        run.Apply(local);

        run.Apply(local with { LocalEndpoints = [local.LocalEndpoints[0]] });

        Revalidations(run).ShouldBe([1, 1]);
    }

    [Fact]
    public void Admission_Changes_LoopsAreToldAndTheListenerStays()
    {
        using var run = new ProxierRun();
        var port = _udp with { Listeners = [new(ListenerKind.LoadBalancer, IPAddress.Parse("198.51.100.7"), 53)] };
        run.Apply(port);
        var listener = run.Datagrams.Bound.Values.Single();

        run.Apply(port with { SourceRanges = [new CidrBlock(IPAddress.Parse("203.0.113.0"), 24)] });

        run.Datagrams.Bound.Values.Single().ShouldBeSameAs(listener);
        listener.Revalidations.ShouldBe(1);
        var admission = listener.Declared.Admission.ShouldNotBeNull();
        admission.Admits(IPAddress.Parse("203.0.113.9")).ShouldBeTrue();
        admission.Admits(IPAddress.Parse("198.51.100.1")).ShouldBeFalse();
        run.Proxier.View.Services().Single().Listeners.Single().State.ShouldBe(ListenerState.Listening);
    }

    [Fact]
    public void Service_ChangesItsProtocol_TheOtherTransportServesIt()
    {
        using var run = new ProxierRun();
        var (asTcp, asUdp) = (_udp with { Name = _udp.Name with { Protocol = TransportProtocol.Tcp } }, _udp);
        foreach (var port in new[] { asTcp, asUdp, asTcp, asUdp })
        {
            run.Apply(port);
            run.ShouldServe([port]);
        }

        (run.Transport.Binds, run.Datagrams.Binds).ShouldBe((4, 4));
    }

    [Fact]
    public void NoDatagrams_UdpPortsFailWithTheReason_TcpPortsAreServed()
    {
        const string Reason = "there is no UDP in this test";
        using var run = new ProxierRun(datagrams: new NoDatagrams(Reason));
        run.Apply(_tcp, _udp);

        run.Transport.Bound.Count.ShouldBe(2);
        var services = run.Proxier.View.Services().ToDictionary(service => service.Port.Name.Protocol, service => service.Listeners);
        services[TransportProtocol.Tcp].ShouldAllBe(listener => listener.State == ListenerState.Listening);
        services[TransportProtocol.Udp].ShouldAllBe(listener => listener.State == ListenerState.Failed && listener.Reason == Reason);
        run.Problems.Count.ShouldBe(2);
        run.Problems.ShouldAllBe(problem => problem.Service == _udp.Name && problem.Reason == ServiceProblem.ListenFailed && problem.Message.Contains(Reason));
        run.Proxier.Descriptors.Held.ShouldBe(2, "those of the TCP listeners");
    }

    [Fact]
    public void NoDatagrams_WithoutATransport_SaysWhere()
    {
        using var run = new ProxierRun(datagrams: new NoDatagrams(NoDatagrams.NotLinux));
        run.Apply(_udp);
        run.Proxier.View.Services().Single().Listeners.ShouldAllBe(listener => listener.Reason == "UDP ports are served on Linux only");
    }

    [Fact]
    public void Bind_PortIsTaken_FailsAloneAndIsTriedAgainUntilItIsFree()
    {
        using var run = new ProxierRun();
        run.Datagrams.SetTaken(NodePort.EndPoint, true);
        run.Apply(_tcp, _udp);

        run.Datagrams.Bound.Keys.ShouldBe([Cluster.EndPoint]);
        run.Transport.Bound.Count.ShouldBe(2);
        StateOf(run, NodePort).ShouldBe((ListenerState.Failed, "the port is taken"));
        StateOf(run, Cluster).State.ShouldBe(ListenerState.Listening);
        int binds = run.Datagrams.Binds;
        SpinWait.SpinUntil(() => run.Datagrams.Binds >= binds + 2, TimeSpan.FromSeconds(90)).ShouldBeTrue("it is tried again");
        run.Datagrams.SetTaken(NodePort.EndPoint, false);
        SpinWait.SpinUntil(() => StateOf(run, NodePort).State == ListenerState.Listening, TimeSpan.FromSeconds(90)).ShouldBeTrue();

        run.Datagrams.Bound.Count.ShouldBe(2);
        run.Problems.ShouldHaveSingleItem().Service.ShouldBe(_udp.Name);
    }

    /// <summary>Nobody is told for ever of a process that is gone.</summary>
    [Fact]
    public void Bind_AnotherTakesThePortOver_IsNamedOnce()
    {
        static BoundSocket Socket(string owner, ulong inode) => new(TransportProtocol.Udp, NodePort.EndPoint, TakesIPv4: false, owner, IsOurs: false)
        {
            Inode = inode,
        };
        var holder = Socket("first", 1);
        using var run = new ProxierRun(network: new NodeNetwork(() => [], (_, withOwners) => [withOwners ? holder : holder with { Owner = null }]));
        run.Datagrams.SetTaken(NodePort.EndPoint, true);
        run.Apply(_udp);
        void ShouldBeNamed(string owner, int problems)
        {
            SpinWait.SpinUntil(
                () => run.Problems.Count == problems
                    && StateOf(run, NodePort).Reason == $"the port is taken by {owner} at {NodePort.EndPoint}", TimeSpan.FromSeconds(90)).ShouldBeTrue(owner);
            int binds = run.Datagrams.Binds;
            SpinWait.SpinUntil(() => run.Datagrams.Binds >= binds + 2, TimeSpan.FromSeconds(90)).ShouldBeTrue("it is tried again");
            run.Problems.Count.ShouldBe(problems);
            run.Problems.Last().Message.ShouldContain(owner);
        }

        ShouldBeNamed("first", problems: 1);
        holder = Socket("second", 2);
        ShouldBeNamed("second", problems: 2);
    }

    /// <summary>Where the other protocol listens is nobody's loop.</summary>
    [Fact]
    public void Endpoint_AtTheNumberOfATcpListener_IsServed()
    {
        using var run = new ProxierRun();
        var behind = _udp with { Listeners = [NodePort], ClusterEndpoints = [new Endpoint(Cluster.Address, Cluster.Port)] };
        run.Apply(_tcp, behind);
        run.Datagrams.Services.ShouldNotBeNull().Guard.FaultOf(Cluster.EndPoint).ShouldBeNull();
        run.Datagrams.Services.Guard.IsOwnListener(new IPEndPoint(IPAddress.Loopback, NodePort.Port)).ShouldBeTrue();
    }

    private static (ListenerState State, string? Reason) StateOf(ProxierRun run, ListenAddress address)
    {
        var listener = run.Proxier.View.Services().Single(
            service => service.Port.Name.Protocol == TransportProtocol.Udp).Listeners.Single(each => each.Address == address);
        return (listener.State, listener.Reason);
    }

    private static IEnumerable<int> Revalidations(ProxierRun run) => run.Datagrams.Bound.Values.Select(listener => listener.Revalidations);

    private static ServicePort Port(TransportProtocol protocol, params int[] endpoints)
    {
        ValueList<Endpoint> all = new([.. endpoints.Select(number => new Endpoint(IPAddress.Parse($"10.0.0.{number}"), 8053))]);
        return new ServicePort
        {
            Name = new("kube-system", "dns", protocol == TransportProtocol.Tcp ? "dns-tcp" : "dns", protocol),
            Family = AddressFamily.InterNetwork,
            Listeners = [NodePort, Cluster],
            Endpoints = all,
            ClusterEndpoints = all,
            HasEndpoints = all.Count > 0,
        };
    }
}
