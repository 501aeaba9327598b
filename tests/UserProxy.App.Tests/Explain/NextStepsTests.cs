using System.Net;
using System.Net.Sockets;
using UserProxy.App.Explain;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Reading;
using UserProxy.Scheduling;
using UserProxy.Syncing;

namespace UserProxy.App.Tests.Explain;

public sealed class NextStepsTests
{
    private static readonly Endpoint Pod = new(IPAddress.Parse("10.0.0.1"), 8080);

    private static readonly ServicePort Healthy = new()
    {
        Name = new("demo", "web", "http", TransportProtocol.Tcp),
        Family = AddressFamily.InterNetwork,
        Number = 80,
        Listeners = [new ListenAddress(ListenerKind.NodePort, IPAddress.Any, 30080)],
        Endpoints = [Pod],
        ClusterEndpoints = [Pod],
        HasEndpoints = true,
    };

    [Fact]
    public void AllIsWell_NothingToDo() => StepsOf(Healthy).ShouldBeEmpty();

    [Fact]
    public void NoEndpoints_TellsWhyAndWhatToAsk() =>
        StepsOf(
            Healthy with
            {
                Endpoints = [],
                ClusterEndpoints = [],
                HasEndpoints = false,
                NoEndpointsBecause = "no EndpointSlice in namespace demo has the label kubernetes.io/service-name=web"
            })
            .ShouldBe(
                ["no EndpointSlice in namespace demo has the label kubernetes.io/service-name=web: kubectl -n demo get endpointslices -l "
                    + "kubernetes.io/service-name=web -o yaml"]);

    [Fact]
    public void NoneReady_PointsToTheProbe() =>
        StepsOf(Healthy with { ClusterEndpoints = [], HasEndpoints = false }).ShouldHaveSingleItem().ShouldContain(
            "its only endpoint is not ready: kubectl -n demo get pods");

    [Fact]
    public void FromManifests_NamesTheFile_NotKubectl()
    {
        var port = Healthy with { ClusterEndpoints = [], HasEndpoints = false, Manifest = "/etc/userproxy/web.yaml" };
        string[] steps = [.. StepsOf(port), .. StepsOf(port with { Endpoints = [], NoEndpointsBecause = "none of the slices fits" })];

        steps.Length.ShouldBe(2);
        steps.ShouldAllBe(step => step.Contains("/etc/userproxy/web.yaml") && !step.Contains("kubectl"));
    }

    [Fact]
    public void NoAddress_SaysWhyNotOfEach() => StepsOf(Healthy with
    {
        Listeners = [],
        NotServed = [new(new(ListenerKind.ClusterIP, IPAddress.Parse("10.96.0.1"), 80), "ClusterIPs are off"), new(Healthy.Listeners[0], "it is taken")],
    }).ShouldBe([$"no address of it is served here: ClusterIP 10.96.0.1:80: ClusterIPs are off; NodePort {Healthy.Listeners[0]}: it is taken"]);

    /// <summary>Who has it is half of the answer.</summary>
    [Theory]
    [InlineData(ListenerKind.NodePort, "0.0.0.0", "give it another nodePort than 30080: it is taken by demo/first:http")]
    [InlineData(ListenerKind.ExternalIP, "192.0.2.7", "give it another address or port than 192.0.2.7:30080: it is taken by demo/first:http")]
    public void AnotherServiceHasIt_SaysToGiveItAnother(ListenerKind kind, string address, string step)
    {
        var taken = new UnservedAddress(new(kind, IPAddress.Parse(address), 30080), "it is taken by demo/first:http");

        StepsOf(Healthy with { Listeners = [], NotServed = [taken] })[^1].ShouldBe(step);
        StepsOf(Healthy with { NotServed = [taken] }).ShouldBe([step], "beside addresses that are served");
    }

    [Fact]
    public void NoAddressAtAll_SaysWhatWouldGiveOne() =>
        StepsOf(Healthy with { Listeners = [] }).ShouldHaveSingleItem().ShouldContain("it has no clusterIP, no nodePort");

    [Fact]
    public void PortIsTaken_PointsToInspect() =>
        StepsOf(Healthy, new ListenerReading(Healthy.Listeners[0], ListenerState.Failed, "the port is taken"))
            .ShouldBe(["0.0.0.0:30080 cannot be bound (the port is taken): userproxy inspect 30080 says who has the port"]);

    /// <summary>Inspect has no more to say of these than the reason.</summary>
    [Theory]
    [InlineData("the address belongs to demo/other:http", "one address and port are one Service's: give one of the two another")]
    [InlineData("Cannot assign requested address", "no interface of this node has the address: ip address")]
    [InlineData("Too many open files", "raise the limit of descriptors (LimitNOFILE, ulimit -n)")]
    public void NotBound_AndTheReasonIsKnown_SaysWhatToDo(string reason, string step) =>
        StepsOf(Healthy, new ListenerReading(Healthy.Listeners[0], ListenerState.Failed, reason))
            .ShouldBe([$"0.0.0.0:30080 cannot be bound ({reason}): {step}"]);

    public static TheoryData<string, string> Cures => new()
    {
        { "nginx (pid 12)", "end that process, or give one of the two another port" },
        { "unseen", "userproxy inspect 30080 says who has the port; end that process, or give one of the two another port" },
        { "ours", "give one of the two another port" },
        { "a connection", "it is free when that connection ends; the kernel gives out no port that is in net.ipv4.ip_local_reserved_ports" },
        { "kept", "it is free within a minute" },
    };

    /// <summary>As the log says it: no process is to be ended that there is not.</summary>
    [Theory]
    [MemberData(nameof(Cures))]
    public void PortIsTaken_SaysWhatTheLogSays(string holder, string step)
    {
        var at = IPEndPoint.Parse("0.0.0.0:30080");
        var bound = new BoundSocket(TransportProtocol.Tcp, at, TakesIPv4: false, "nginx (pid 12)", IsOurs: holder == "ours");
        var known = new KnownHolders();
        known.Name([holder switch
        {
            "unseen" => bound with { Owner = null },
            "a connection" => bound with { Answers = false, ConnectedTo = IPEndPoint.Parse("10.0.0.2:443") },
            "kept" => bound with { Owner = null, Answers = false, ConnectedTo = IPEndPoint.Parse("10.0.0.2:443"), IsKept = true },
            _ => bound,
        }]);
        string taken = $"the port is taken by {known.Names}", apart = $"served on each other address of the node, as {taken}";

        StepsOf(Healthy, new ListenerReading(Healthy.Listeners[0], ListenerState.Failed, taken) { Cure = known.Cure })
            .ShouldBe([$"0.0.0.0:30080 cannot be bound ({taken}): {step}"]);
        StepsOf(Healthy, new ListenerReading(Healthy.Listeners[0], ListenerState.Listening, apart) { Cure = known.Cure })
            .ShouldBe([$"0.0.0.0:30080 is not served as a whole ({apart}): {step}"]);
    }

    [Theory]
    [InlineData(ListenerState.Failed, "the port is taken by web (pid 4712), which is endpoint 10.0.0.1:30080, to which it is left")]
    [InlineData(ListenerState.Listening, "clients of this node are served")]
    public void AsItIsMeant_IsNoStep(ListenerState state, string reason) =>
        StepsOf(Healthy, new ListenerReading(Healthy.Listeners[0], state, reason)).ShouldBeEmpty();

    /// <summary>TCP and UDP on one number are two ports.</summary>
    [Fact]
    public void PortIsTaken_OfUdp_PointsToItsOwnInspect() =>
        StepsOf(
            Healthy with { Name = Healthy.Name with { Protocol = TransportProtocol.Udp } },
            new ListenerReading(Healthy.Listeners[0], ListenerState.Failed, "the port is taken"))
            .ShouldHaveSingleItem().ShouldEndWith("userproxy inspect 30080 --udp says who has the port");

    [Fact]
    public void PortIsTakenAtOneAddress_IsAStepToo() =>
        StepsOf(Healthy, new ListenerReading(Healthy.Listeners[0], ListenerState.Listening, "served on each other address of the node, as the port is taken"))
            .ShouldBe(
                ["0.0.0.0:30080 is not served as a whole (served on each other address of the node, as the port is taken): userproxy inspect 30080 says "
                    + "who has the port"]);

    [Fact]
    public void NoLocalEndpoint_NamesNodeAndPolicy() =>
        StepsOf(Healthy with { ExternalPolicy = TrafficPolicy.Local }).ShouldHaveSingleItem().ShouldStartWith(
            "no endpoint is on node node-1, and externalTrafficPolicy is Local");

    [Fact]
    public void LimitReached_PointsToConnections() =>
        StepsOf(Healthy with { Settings = new ServiceSettings { MaxConnections = 2 } }, active: 2).ShouldHaveSingleItem().ShouldContain(
            "userproxy connections --service demo/web");

    [Fact]
    public void Refused_NamesTheAuthor() =>
        StepsOf(Healthy, endpoint: new ExplainableEndpoint(new EndpointReading(Pod), "a loopback address")).ShouldHaveSingleItem().ShouldContain(
            "1 endpoint must not be dialled");

    /// <summary>No option would let it be dialled.</summary>
    [Fact]
    public void LeadsBack_NamesTheSlice() =>
        StepsOf(Healthy, endpoint: new ExplainableEndpoint(new EndpointReading(Pod), "a listener of this proxy: dialling it would lead back here"))
            .ShouldBe(["10.0.0.1:8080 is a listener of this proxy itself: the EndpointSlice has to give the address of what serves"]);

    [Theory]
    [InlineData(LastDial.Refused, null, "is ready and refused its last dial (12s ago): does the Pod listen on port 8080")]
    [InlineData(LastDial.TimedOut, null, "does a NetworkPolicy let this node in")]
    [InlineData(LastDial.LocalFault, null, "could not be dialled from this node (12s ago)")]
    [InlineData(LastDial.Loop, null, "leads back to this proxy")]
    [InlineData(
        LastDial.Refused, "/etc/web.yaml",
        "does anything listen there (userproxy inspect 8080 --address 10.0.0.1)? Start it, or take it out of /etc/web.yaml")]
    [InlineData(LastDial.TimedOut, "/etc/web.yaml", "is the host up")]
    public void Failing_SaysWhatBecomesOfConnections_AndWhereToLook(LastDial last, string? manifest, string next)
    {
        var failing = new EndpointReading(Pod, Used: true, Health: EndpointHealth.Failing, LastDial: last, FailingFor: TimeSpan.FromSeconds(5),
            LastDialAgo: TimeSpan.FromSeconds(11.4));

        var steps = StepsOf(Healthy with { Manifest = manifest }, endpoint: new ExplainableEndpoint(failing, null));

        steps.Count.ShouldBe(2);
        steps[0].ShouldBe("its only endpoint did not answer its last dial: every connection is reset until it does");
        steps[1].ShouldStartWith("10.0.0.1:8080 ");
        steps[1].ShouldContain(next);
    }

    /// <summary>Who dials with the other kind of address is served: it listens.</summary>
    [Theory]
    [InlineData(true, "let these clients in?")]
    [InlineData(false, "let this node in?")]
    public void FailsOneKindOfDial_LooksForWhatKeepsThemOut(bool failsClients, string asks)
    {
        var failing = new EndpointReading(Pod, Used: true, Health: EndpointHealth.Failing, LastDial: LastDial.Refused, FailingFor: TimeSpan.FromSeconds(5))
        {
            FailsClients = failsClients,
            AnswersOthers = true,
        };

        StepsOf(Healthy, endpoint: new ExplainableEndpoint(failing, null)).ShouldHaveSingleItem().ShouldEndWith(asks);
    }

    /// <summary>Nobody resets or refuses a datagram.</summary>
    [Theory]
    [InlineData(null, "10.0.0.1:8080 is ready and answered \"port unreachable\" (12s ago): does the Pod listen on UDP port 8080")]
    [InlineData(
        "/etc/dns.yaml",
        "10.0.0.1:8080 answered \"port unreachable\" (12s ago): does anything listen there (userproxy inspect 8080 --address 10.0.0.1 --udp)?")]
    public void Failing_OfUdp_IsToldAsItsClientsMeetIt(string? manifest, string next)
    {
        var failing = new EndpointReading(Pod, Used: true, Health: EndpointHealth.Failing, LastDial: LastDial.Refused, LastDialAgo: TimeSpan.FromSeconds(11.4));

        var steps = StepsOf(
            Healthy with { Name = Healthy.Name with { Protocol = TransportProtocol.Udp }, Manifest = manifest },
            endpoint: new ExplainableEndpoint(failing, null));

        steps[0].ShouldBe("its only endpoint did not answer its last datagram: no client gets an answer until it does");
        steps[1].ShouldStartWith(next);
    }

    [Fact]
    public void OneOfTwoIsAside_IsAStep_AndNoAlarm()
    {
        var other = Pod with { Address = IPAddress.Parse("10.0.0.2") };
        var port = Healthy with { Endpoints = [Pod, other], ClusterEndpoints = [Pod, other] };
        ExplainableEndpoint[] endpoints =
        [
            new(new EndpointReading(Pod, Used: true, AsideFor: TimeSpan.FromSeconds(5), Health: EndpointHealth.Aside, LastDial: LastDial.Refused), null),
            new(new EndpointReading(other, Used: true, Health: EndpointHealth.Answering, LastDial: LastDial.Answered), null),
        ];

        NextSteps.Of(port, new ServiceReading(port), endpoints, new OwnNode("node-1"), []).ShouldHaveSingleItem().ShouldStartWith("10.0.0.1:8080 is ready and");
    }

    private static IReadOnlyList<string> StepsOf(ServicePort port, ListenerReading? listener = null, ExplainableEndpoint? endpoint = null, int active = 0,
        IReadOnlyList<IssueItem>? faults = null)
    {
        var listeners = port.Listeners.Select(address => listener ?? new ListenerReading(address, ListenerState.Listening, null)).ToList();
        var details = port.Endpoints.Select(each => endpoint ?? new ExplainableEndpoint(new EndpointReading(each), null)).ToList();
        return NextSteps.Of(port, new ServiceReading(port, listeners, active), details, new OwnNode("node-1"), faults ?? []);
    }
}
