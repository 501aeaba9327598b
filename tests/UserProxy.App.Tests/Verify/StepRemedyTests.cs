using System.Net;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.App.Tests.CommandLine;
using UserProxy.App.Verify;
using UserProxy.App.Verify.Steps;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Objects;

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

    /// <summary>The second line of <c>explain</c> is how it is, and no step.</summary>
    [Theory]
    [InlineData("10.244.1.5:8080 refused its last dial: does anything listen there (userproxy inspect 8080)?")]
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
