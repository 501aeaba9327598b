using System.Net;
using UserProxy.App.Explain;
using UserProxy.Model;
using UserProxy.Reading;
using UserProxy.Scheduling;

namespace UserProxy.App.Tests.Explain;

public sealed class EndpointWordsTests
{
    private static readonly OwnNode Here = new("node-1") { Zone = "a" };
    private static readonly ListenAddress AtClusterIP = new(ListenerKind.ClusterIP, IPAddress.Parse("10.96.0.1"), 80);
    private static readonly Endpoint Ready = new(IPAddress.Parse("10.0.0.1"), 8080) { NodeName = "node-2" };

    [Fact]
    public void Used_Ready() => Says(Ready, Port(Ready)).ShouldBe((true, "ready"));

    [Fact]
    public void Used_LastResort() =>
        Says(Ready with { Ready = false, Terminating = true }, Port(Ready with { Ready = false, Terminating = true }))
            .ShouldBe((true, "still serves while it terminates, and no endpoint is ready"));

    [Theory]
    [InlineData(true, false, "not ready: its readiness probe does not pass, or not yet")]
    [InlineData(true, true, "terminating: used only while no endpoint is ready")]
    [InlineData(false, true, "terminating, and it no longer serves")]
    public void Unready_SaysHow(bool serving, bool terminating, string why) =>
        Says(Ready with { Ready = false, Serving = serving, Terminating = terminating }, Port()).ShouldBe((false, why));

    /// <summary>Nobody probes what a manifest declares.</summary>
    [Fact]
    public void Unready_OfAManifest_IsDeclaredSo() =>
        Says(Ready with { Ready = false }, Port() with { Manifest = "/etc/web.yaml" })
            .ShouldBe((false, "not ready: the manifest declares it so (conditions.ready: false)"));

    [Fact]
    public void OtherZone_NamesBoth() =>
        Says(Ready with { ForZones = ["b", "c"] }, Port()).ShouldBe((false, "ready, but its hints are for zone b, c, and this node is in a"));

    [Fact]
    public void OtherNodeByHint_NamesIt() =>
        Says(Ready with { ForNodes = ["node-9"] }, Port()).ShouldBe((false, "ready, but its hints are for other nodes (node-9)"));

    [Fact]
    public void InternalLocal_NamesTheNode() =>
        Says(Ready, Port() with { Listeners = [AtClusterIP], InternalPolicy = TrafficPolicy.Local })
            .ShouldBe((false, "ready, but it is on node node-2 (internalTrafficPolicy Local)"));

    [Fact]
    public void NamelessNode_SaysSo() =>
        Says(Ready with { NodeName = null }, Port() with { Listeners = [AtClusterIP], InternalPolicy = TrafficPolicy.Local })
            .ShouldBe((false, "ready, but its node is not named (internalTrafficPolicy Local)"));

    [Fact]
    public void ExternalLocalOnly_IsUsedInternally() =>
        Says(Ready, Port(Ready) with { ExternalPolicy = TrafficPolicy.Local })
            .ShouldBe((true, "ready; not for outside clients, as it is on node node-2 (externalTrafficPolicy Local)"));

    [Fact]
    public void InternalLocalOnly_IsUsedExternally() =>
        Says(Ready, Port(Ready) with { InternalPolicy = TrafficPolicy.Local })
            .ShouldBe((true, "ready; not for ClusterIPs, as it is on node node-2 (internalTrafficPolicy Local)"));

    [Fact]
    public void BothLocal_IsUsedByClientsOfThisNode() =>
        Says(Ready, Port(Ready) with { InternalPolicy = TrafficPolicy.Local, ExternalPolicy = TrafficPolicy.Local })
            .ShouldBe(
                (true, "ready; not for ClusterIPs and outside clients, as it is on node node-2 (internalTrafficPolicy Local, externalTrafficPolicy Local)"));

    [Fact]
    public void LocalLastResort_ReadyElsewhere_SaysWhoIsServedByWhich()
    {
        var local = new Endpoint(IPAddress.Parse("10.0.0.1"), 8080) { NodeName = "node-1", IsLocal = true, Ready = false, Terminating = true };
        var remote = Ready with { Address = IPAddress.Parse("10.0.0.2") };
        var port = Port(remote) with { Endpoints = [local, remote], LocalEndpoints = [local], ExternalPolicy = TrafficPolicy.Local };

        Says(local, port).ShouldBe((
            true,
            "still serves while it terminates, and no endpoint on this node is ready; not for ClusterIPs and clients of this node at external addresses, "
            + "as an endpoint on another node is ready (internalTrafficPolicy Cluster)"));
    }

    [Fact]
    public void Refused_SaysWhy() =>
        Of(new ExplainableEndpoint(new EndpointReading(Ready), "a loopback address"), Port(Ready)).ShouldBe((false, "never dialled: a loopback address"));

    [Fact]
    public void Aside_SaysForHowLong() =>
        Of(
            new ExplainableEndpoint(
                new EndpointReading(Ready, AsideFor: TimeSpan.FromSeconds(4.2), FailuresInARow: 3, LastDial: LastDial.TimedOut,
                    LastDialAgo: TimeSpan.FromSeconds(0.8)), null), Port(Ready)).ShouldBe(
            (false, "ready; aside for 5s more, after 3 failed dials in a row, the last 1s ago: nothing answered in time"));

    [Fact]
    public void FailedOnce_SaysSinceWhenAndHow() =>
        Of(
            new ExplainableEndpoint(
                new EndpointReading(
                    Ready, FailuresInARow: 1, Health: EndpointHealth.Failing, LastDial: LastDial.Refused, FailingFor: TimeSpan.FromSeconds(11.2)), null),
            Port(Ready)).ShouldBe((true, "ready; failing for 12s, the last dial: the connection was refused"));

    /// <summary>Nobody asks an endpoint between dials: an answer of a day ago is no answer of now.</summary>
    [Theory]
    [InlineData(TransportProtocol.Tcp, EndpointHealth.Answering, LastDial.Answered, "ready; answering (last dial 26h0m0s ago)")]
    [InlineData(TransportProtocol.Udp, EndpointHealth.Answering, LastDial.Answered, "ready; answering (last datagram 26h0m0s ago)")]
    [InlineData(TransportProtocol.Tcp, EndpointHealth.Failing, LastDial.Refused,
        "ready; failing for 30h0m0s, the last 2 dials (26h0m0s ago): the connection was refused")]
    [InlineData(TransportProtocol.Udp, EndpointHealth.Failing, LastDial.Refused,
        "ready; failing for 30h0m0s, the last 2 datagrams (26h0m0s ago): its host answered \"port unreachable\"")]
    public void Used_SaysHowOldThatIs(TransportProtocol protocol, EndpointHealth health, LastDial last, string says)
    {
        var reading = new EndpointReading(
            Ready, Health: health, LastDial: last, LastDialAgo: TimeSpan.FromHours(26), FailuresInARow: health == EndpointHealth.Failing ? 2 : 0,
            FailingFor: health == EndpointHealth.Failing ? TimeSpan.FromHours(30) : null);

        Of(new ExplainableEndpoint(reading, null), Port(Ready) with { Name = new("demo", "web", "", protocol) }).ShouldBe((true, says));
    }

    /// <summary>Whoever dials under the other kind of address is served.</summary>
    [Theory]
    [InlineData(true, "under a client's address: nothing answered in time; dials under this node's address are answered")]
    [InlineData(false, "under this node's address: nothing answered in time; dials under a client's address are answered")]
    public void FailsOneKindOfDial_SaysWhich(bool failsClients, string which) =>
        Of(
            new ExplainableEndpoint(
                new EndpointReading(
                    Ready, Health: EndpointHealth.Failing, LastDial: LastDial.TimedOut, LastDialAgo: TimeSpan.Zero, FailingFor: TimeSpan.FromSeconds(2))
                {
                    FailsClients = failsClients,
                    AnswersOthers = true,
                },
                null),
            Port(Ready)).Says.ShouldBe($"ready; failing for 2s, the last dial {which}");

    /// <summary>A dial that this node could not make counts in no row, and is no success either.</summary>
    [Fact]
    public void LocalFault_IsNoGreen() =>
        Of(
            new ExplainableEndpoint(
                new EndpointReading(Ready, Health: EndpointHealth.Failing, LastDial: LastDial.LocalFault, FailingFor: TimeSpan.FromSeconds(1)), null),
            Port(Ready)).Says.ShouldBe("ready; failing for 1s, the last dial: this node could not dial (no port, descriptor or permission)");

    [Theory]
    [InlineData(EndpointHealth.Unknown, "ready; not dialled yet")]
    [InlineData(EndpointHealth.Answering, "ready; answering")]
    [InlineData(EndpointHealth.Silent, "ready; silent: takes connections, and nobody has had an answer since one waited for it")]
    public void Used_SaysWhetherItAnswers(EndpointHealth health, string says) =>
        Of(new ExplainableEndpoint(new EndpointReading(Ready, Health: health), null), Port(Ready)).ShouldBe((true, says));

    /// <summary>A connection is dialled again elsewhere, a datagram is not sent again.</summary>
    [Theory]
    [InlineData(TransportProtocol.Tcp, ", whose last dial failed (4s ago), and then to another")]
    [InlineData(TransportProtocol.Udp, ", whose last datagram failed (4s ago), and to no other")]
    public void NextIsFailing_SaysWhetherAnotherIsTried(TransportProtocol protocol, string says)
    {
        EndpointReading[] endpoints =
        [
            new(Ready, Used: true, Health: EndpointHealth.Failing, LastDial: LastDial.Refused, LastDialAgo: TimeSpan.FromSeconds(4)),
            new(Ready with { Address = IPAddress.Parse("10.0.0.2") }, Used: true, Health: EndpointHealth.Answering, LastDial: LastDial.Answered),
        ];

        Explainer.Failing(protocol, endpoints, Ready.EndPoint, isNodes: true).ShouldBe(says);
    }

    [Theory]
    [InlineData(TransportProtocol.Tcp, ", and would be reset: the last dial to each endpoint failed (4s ago)")]
    [InlineData(TransportProtocol.Udp, ", and gets no answer: the last datagram to each endpoint failed (4s ago)")]
    public void AllAreFailing_SaysWhatFailed(TransportProtocol protocol, string says) => Explainer.Failing(
        protocol,
        [new(Ready, Used: true, Health: EndpointHealth.Failing, LastDial: LastDial.Refused, LastDialAgo: TimeSpan.FromSeconds(4))],
        Ready.EndPoint, isNodes: true).ShouldBe(says);

    /// <summary>What fails for the clients of other hosts alone is no fault for those of this node, and the other way round.</summary>
    [Theory]
    [InlineData(true, true, false)]
    [InlineData(true, false, true)]
    [InlineData(false, true, true)]
    [InlineData(false, false, false)]
    public void DialsOfOneKindFail_SaidToTheirClientsAlone(bool failsClients, bool isNodes, bool isSaid)
    {
        var reading = new EndpointReading(Ready, Used: true, Health: EndpointHealth.Failing, LastDial: LastDial.Refused)
        {
            FailsClients = failsClients,
            AnswersOthers = true,
        };

        Explainer.Failing(TransportProtocol.Tcp, [reading], Ready.EndPoint, isNodes)
            .Contains("would be reset", StringComparison.Ordinal).ShouldBe(isSaid);
    }

    private static (bool Used, string Says) Says(Endpoint endpoint, ServicePort port) =>
        Of(new ExplainableEndpoint(new EndpointReading(endpoint), null), port) is var (used, says)
            ? (used, says.Replace("; not dialled yet", "", StringComparison.Ordinal))
            : default;

    private static (bool Used, string Says) Of(ExplainableEndpoint detail, ServicePort port)
    {
        var words = EndpointWords.Of(detail, port, Here);
        words.Endpoint.ShouldBe("10.0.0.1:8080");
        return (words.Used, words.Says);
    }

    private static ServicePort Port(params Endpoint[] cluster) => new()
    {
        Name = new("demo", "web", "", TransportProtocol.Tcp),
        Family = System.Net.Sockets.AddressFamily.InterNetwork,
        Endpoints = new(cluster),
        ClusterEndpoints = new(cluster),
    };
}
