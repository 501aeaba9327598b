using System.Net;
using UserProxy.App.Explain;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.App.Tests.CommandLine;
using UserProxy.App.Verify;
using UserProxy.App.Verify.Probing;
using UserProxy.App.Verify.Steps;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Objects;
using UserProxy.Policy;

namespace UserProxy.App.Tests.Verify;

/// <summary>
/// <c>Next</c> of a step is a command or a change, and about this step: <c>explain</c> tells of a port all that is wrong with it, the listeners' faults first.
/// </summary>
public sealed class StepRemedyTests
{
    private const string OfListeners = "no address of it is served here: it has no clusterIP, no nodePort and no address of a load balancer";

    private static readonly EndpointSliceObject Slice = new()
    {
        AddressType = "IPv4",
        Ports = [new() { Name = "web", Port = 8080 }],
        Endpoints = [new() { Addresses = ["10.244.10.5"] }],
    };

    private static EndpointItem Endpoint => Samples.Explanation.Ports[0].Service.Endpoints[0];

    /// <summary>With every step of the others, in the order of <c>explain</c>.</summary>
    private static ExplainedPort Port => Samples.Explanation.Ports[0] with
    {
        Service = Samples.Explanation.Ports[0].Service with { Endpoints = [] },
        Endpoints = [],
        NextSteps = [OfListeners, "none of the Service's EndpointSlices has a port named http for TCP"],
    };

    [Theory]
    [InlineData(true, "write the same ports[].name (http) and protocol (TCP) into the Service and into its EndpointSlice (/etc/web.yaml)")]
    [InlineData(false, "kubectl -n shop get service web -o yaml: does a container of its Pods declare its targetPort, with protocol TCP?")]
    public void PortNames(bool isOfManifests, string next)
    {
        var found = PortNamesMatch.Of(FactsOf(Port, isOfManifests, Slice));

        (found.Verdict, found.Next).ShouldBe((StepVerdict.Failed, next));
    }

    [Theory]
    [InlineData(true, "write an EndpointSlice with that label and the addressType of each of its families beside the Service (/etc/web.yaml)")]
    [InlineData(false, "kubectl -n shop get endpointslices -l kubernetes.io/service-name=web -o yaml")]
    public void Slices(bool isOfManifests, string next)
    {
        var found = SlicesThere.Of(FactsOf(Port, isOfManifests));

        (found.Verdict, found.Next).ShouldBe((StepVerdict.Failed, next));
    }

    [Theory]
    [InlineData(true, null, "set conditions.ready of an endpoint to true in the EndpointSlice of shop/web (/etc/web.yaml)")]
    [InlineData(false, null, "kubectl -n shop get pods -o wide")]
    [InlineData(true, "a listener of this proxy: dialling it would lead back here", "give the address of what serves in its EndpointSlice")]
    [InlineData(true, "a loopback address", "give the addresses of Pods in its EndpointSlice, or start run with --allow-loopback-endpoints")]
    public void Ready(bool isOfManifests, string? refusal, string next)
    {
        var port = Port with { Endpoints = [new("10.244.10.5:8080", false, "not ready", "unready", Refusal: refusal)] };

        var found = EndpointsReady.Of(FactsOf(port, isOfManifests, Slice));

        (found.Verdict, found.Says.EndsWith("its only endpoint may not be used", StringComparison.Ordinal)).ShouldBe((StepVerdict.Failed, true), found.Says);
        found.Next!.ShouldStartWith(next);
    }

    [Fact]
    public void NoEndpoint_OfManifests() =>
        EndpointsReady.Of(FactsOf(Port, isOfManifests: true, Slice)).Next.ShouldBe("write an endpoint into the EndpointSlice of shop/web (/etc/web.yaml)");

    [Theory]
    [InlineData(true, "give its port a nodePort: with manifests nothing gives them out (/etc/web.yaml)")]
    [InlineData(false, "give the Service type NodePort: kubectl -n shop edit service web")]
    public void Listening(bool isOfManifests, string next)
    {
        var port = Port with { Service = Port.Service with { Listeners = [], NotServed = [] } };

        var found = AddressesListened.Of(FactsOf(port, isOfManifests));

        (found.Verdict, found.Next).ShouldBe((StepVerdict.Failed, next));
    }

    [Fact]
    public void Listening_AddressesThatAreNotServed_AreEvidence()
    {
        var port = Port with { Service = Port.Service with { Listeners = [], NotServed = [new("ClusterIP", "10.96.0.10", 80, "ClusterIPs are off")] } };

        var found = AddressesListened.Of(FactsOf(port, isOfManifests: true));

        found.Evidence.ShouldBe(["ClusterIP 10.96.0.10:80 is not served: ClusterIPs are off"]);
        found.Next.ShouldBe("have run serve one of these addresses, or give its port a nodePort: with manifests nothing gives them out (/etc/web.yaml)");
    }

    /// <summary>The loser of a conflict of nodePorts, without another address and with one.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Listening_ANodePortThatAnotherServiceHas(bool isReachedElsewhere)
    {
        var listener = new ListenerItem("ClusterIP", "10.96.0.10", 80, "Refusing", "no endpoint is usable anywhere", null, null);
        var port = Port with
        {
            Service = Port.Service with
            {
                Listeners = isReachedElsewhere ? [listener] : [],
                NotServed = [new("NodePort", "0.0.0.0", 31040, "it is taken by t/a")],
            },
        };
        var facts = FactsOf(port, isOfManifests: true);

        var found = AddressesListened.Of(facts);

        found.Verdict.ShouldBe(StepVerdict.Failed);
        found.Next.ShouldBe("give it another nodePort: t/a has 31040 (/etc/web.yaml)");
        if (isReachedElsewhere) return;
        found.Says.ShouldBe("nodePort 31040 is taken by t/a, and it has no other address to be reached at on this node");
        var exists = ServiceExists.Of(facts with { Explained = facts.Explained! with { Issues = [] } });
        (exists.Verdict, exists.Says).ShouldBe((StepVerdict.Ok, "it is declared, and no address of it is served here: TCP http:80 (IPv4)"));
    }

    /// <summary>As explain says it: inspect sees nobody there.</summary>
    [Fact]
    public void Listening_APortWithoutTheRight()
    {
        var port = Port with
        {
            Service = Port.Service with { Listeners = [new("NodePort", "0.0.0.0", 81, "Failed", "Permission denied", null, null)] },
        };

        AddressesListened.Of(FactsOf(port, isOfManifests: true)).Next.ShouldBe(BindFailure.StepFor("Permission denied", null, 81));
    }

    /// <summary>Processes of this node are served there.</summary>
    [Theory]
    [InlineData(128, "at 1 address, which clients from outside are kept from", "is listened on, and clients from outside are dropped on purpose (Dropping)")]
    [InlineData(null, "nothing is to be listened on now", "is closed on purpose (Dropping)")]
    public void Listening_ALocalPolicyWithoutAnEndpointHere(int? backlog, string says, string evidence)
    {
        var listener = new ListenerItem("NodePort", "0.0.0.0", 30080, "Dropping", "no endpoint on this node", backlog is null ? null : 0, backlog);

        var found = AddressesListened.Of(FactsOf(Port with { Service = Port.Service with { Listeners = [listener], NotServed = [] } }, isOfManifests: true));

        (found.Verdict, found.Says).ShouldBe((StepVerdict.Ok, says));
        found.Evidence.ShouldHaveSingleItem().ShouldContain(evidence);
    }

    /// <summary><c>check</c> and <c>status</c> find fault with these, and their author has them to mend.</summary>
    [Theory]
    [InlineData(IssueReasons.InvalidAnnotation, true)]
    [InlineData(IssueReasons.InvalidSourceRange, true)]
    [InlineData(IssueReasons.UnknownField, true)]
    [InlineData(IssueReasons.AnnotationNote, false)]
    [InlineData(IssueReasons.NoEndpointSlice, false)]
    public void Exists_AMistakeInTheDeclaration(string reason, bool isFault)
    {
        var facts = FactsOf(Port, isOfManifests: true);
        var issues = new[] { new IssueItem("Service shop/web", IssueReasons.LeftOut, "a note"), new IssueItem("Service shop/web", reason, "what is wrong") };

        var found = ServiceExists.Of(facts with { Explained = facts.Explained! with { Issues = issues } });

        found.Verdict.ShouldBe(isFault ? StepVerdict.Failed : StepVerdict.Ok);
        if (!isFault) return;
        found.Says.ShouldBe("Service shop/web: what is wrong");
        found.Evidence.ShouldBe(["Service shop/web: a note (LeftOut)"]);
        found.Next.ShouldBe(facts.Check);
    }

    /// <summary>A reset may be the endpoint's own.</summary>
    [Theory]
    [InlineData(null, "by its endpoint or as none took it")]
    [InlineData("10.244.1.5:8080", "when 10.244.1.5:8080 had it")]
    public void Served_AConnectionThatIsReset(string? endpoint, string words)
    {
        var facts = FactsOf(Samples.Explanation.Ports[0], isOfManifests: true);
        var tried = new TriedAddress("ClusterIP", IPEndPoint.Parse("10.96.0.10:80"), Reached.Reset, endpoint, TimeSpan.FromMilliseconds(2));

        var found = AddressesServe.Of(facts with { Tries = [tried] });

        found.Says.ShouldContain($"was accepted and reset after 2 ms, {words}");
        found.Next.ShouldStartWith("userproxy trace shop/web:http");
    }

    /// <summary>The second line of <c>explain</c> is how it is, and no step.</summary>
    [Theory]
    [InlineData("10.244.1.5:8080 refused its last dial: does anything listen there (userproxy inspect 8080 --address 10.244.1.5)?")]
    [InlineData(null)]
    public void NoEndpointAnswers(string? step)
    {
        var endpoint = Endpoint with { Address = "10.244.1.5", Port = 8080, Used = true, State = "failing", LastError = "refused" };
        var port = Port with
        {
            Service = Port.Service with { Endpoints = [endpoint] },
            NextSteps = ["its only endpoint did not answer its last dial: every connection is reset until it does", .. step is null ? [] : (string[])[step]],
        };
        var facts = FactsOf(port, isOfManifests: true, Slice);

        var found = EndpointsAnswer.Of(facts with { Request = facts.Request with { Dials = false } });

        found.Says.ShouldContain("its only endpoint does not answer the proxy");
        found.Next.ShouldBe(step ?? "userproxy explain shop/web:http");
    }

    /// <summary>Without its address another socket of that number would be looked at.</summary>
    [Theory]
    [InlineData("[::1]:9101", "userproxy inspect 9101 --address ::1, on its host: does anything listen there?")]
    [InlineData("127.0.0.2:9101", "userproxy inspect 9101 --address 127.0.0.2, on its host: does anything listen there?")]
    public void Dialled_Refuses(string endpoint, string next)
    {
        EndpointsAnswer.Of(Refused(endpoint, from: null)).Next.ShouldBe(next);
    }

    /// <summary>A client of the other family does not come there.</summary>
    [Theory]
    [InlineData("10.7.7.2", "NotAsked")]
    [InlineData("fd00::2", "Failed")]
    public void Dialled_OfAFamily_IsJudgedForItsClients(string from, string verdict) =>
        EndpointsAnswer.Of(Refused("[::1]:9101", from)).Verdict.ToString().ShouldBe(verdict);

    private static VerifyFacts Refused(string endpoint, string? from)
    {
        var facts = FactsOf(Port, isOfManifests: true, Slice);
        return facts with
        {
            Request = facts.Request with { From = from is null ? null : IPAddress.Parse(from) },
            Dials = [new(endpoint, ConnectOutcome.Refused, TimeSpan.Zero, null)],
            Dialable = 1,
        };
    }

    private static VerifyFacts FactsOf(ExplainedPort port, bool isOfManifests, params EndpointSliceObject[] slices) => Samples.Verified.Facts with
    {
        Explained = Samples.Explanation with { Ports = [port] },
        Declared = new DeclaredService
        {
            Source = isOfManifests ? "/etc/web.yaml" : "https://10.0.0.1:6443/",
            IsOfManifests = isOfManifests,
            Service = new([new WrittenServiceObject { Metadata = new() { Name = "web" } }], null),
            Slices = new(slices, null),
            Pods = new([], null),
            Policies = new([], null),
        },
        Sources = new Dictionary<string, IPAddress>(),
    };
}
