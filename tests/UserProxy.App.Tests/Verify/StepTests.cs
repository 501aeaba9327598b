using System.Net;
using System.Text.Json;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.App.Tests.CommandLine;
using UserProxy.App.Verify;
using UserProxy.App.Verify.Steps;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Objects;
using UserProxy.Policy;

namespace UserProxy.App.Tests.Verify;

/// <summary>Steps of <c>verify</c> on facts that a node of a test does not have: the functional tests have the others.</summary>
public sealed class StepTests
{
    private static readonly JsonSerializerOptions Written = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    private static VerifyFacts Facts => Samples.Verified.Facts with
    {
        Explained = Samples.Explanation with { Ports = [Port] },
        Declared = new DeclaredService
        {
            Source = "https://10.0.0.1:6443/",
            Service = new([new WrittenServiceObject { Metadata = new() { Name = "web" } }], null),
            Slices = new([], null),
            Pods = new([Pod], null),
            Policies = new([], null),
        },
        Sources = new Dictionary<string, IPAddress> { ["10.244.10.5"] = IPAddress.Parse("10.0.0.1") },
    };

    /// <summary>With the first endpoint of the sample alone.</summary>
    private static ExplainedPort Port => Samples.Explanation.Ports[0] with
    {
        Service = Samples.Explanation.Ports[0].Service with { Endpoints = [Endpoint] },
        Endpoints = [new("10.244.10.5:8080", true, "ready; not dialled yet")],
        NextSteps = [],
    };

    private static EndpointItem Endpoint => Samples.Explanation.Ports[0].Service.Endpoints[0] with { State = "unknown", Local = false };

    private static PodObject Pod => new()
    {
        Metadata = new() { Name = "web-1", Labels = new Dictionary<string, string> { ["app"] = "web" } },
        Spec = new() { Containers = [new() { Name = "web", Ports = [new() { Name = "http", ContainerPort = 8080 }] }] },
        Status = new() { PodIP = "10.244.10.5" },
    };

    /// <summary>As the API server writes them; null is no rule at all.</summary>
    [Theory]
    [InlineData(null, false)]
    [InlineData("{}", true)]
    [InlineData("{\"from\":[{\"ipBlock\":{\"cidr\":\"10.0.0.0/24\"}}]}", true)]
    [InlineData("{\"from\":[{\"ipBlock\":{\"cidr\":\"10.0.0.0/24\",\"except\":[\"10.0.0.1/32\"]}}]}", false)]
    [InlineData("{\"from\":[{\"podSelector\":{}},{\"namespaceSelector\":{}}]}", false)]
    [InlineData("{\"ports\":[{\"port\":8080}]}", true)]
    [InlineData("{\"ports\":[{\"port\":\"http\"}]}", true)]
    [InlineData("{\"ports\":[{\"port\":\"https\"}]}", false)]
    [InlineData("{\"ports\":[{\"port\":8000,\"endPort\":8100}]}", true)]
    [InlineData("{\"ports\":[{\"port\":8080,\"protocol\":\"UDP\"}]}", false)]
    [InlineData("{\"ports\":[{\"protocol\":\"TCP\"}]}", true)]
    public void NetworkPolicy_Rule_LetsTheNodeInOrNot(string? rule, bool isIn)
    {
        var policy = new NetworkPolicyObject
        {
            Metadata = new() { Name = "closed" },
            Spec = new() { Ingress = rule is null ? null : [JsonSerializer.Deserialize<NetworkPolicyIngress>(rule, Written)!] },
        };
        var facts = Facts with { Declared = Facts.Declared with { Policies = new([policy], null) } };

        PoliciesAdmit.Of(facts).Verdict.ShouldBe(isIn ? StepVerdict.Ok : StepVerdict.Failed);
    }

    [Fact]
    public void NetworkPolicy_ForOtherPodsOrForEgress_IsNoFault()
    {
        var others = new NetworkPolicyObject
        {
            Metadata = new() { Name = "others" },
            Spec = new() { PodSelector = new() { MatchExpressions = [new() { Key = "app", Operator = "NotIn", Values = ["web"] }] } },
        };
        var egress = new NetworkPolicyObject { Metadata = new() { Name = "egress" }, Spec = new() { PolicyTypes = ["Egress"] } };

        PoliciesAdmit.Of(Facts with { Declared = Facts.Declared with { Policies = new([others, egress], null) } }).Verdict.ShouldBe(StepVerdict.Ok);
    }

    [Fact]
    public void NetworkPolicy_OfAPodOnThisNode_IsARemarkUntilADialFails()
    {
        var closed = new NetworkPolicyObject { Metadata = new() { Name = "closed" }, Spec = new() };
        var facts = Facts with
        {
            Explained = Facts.Explained! with { Ports = [Port with { Service = Port.Service with { Endpoints = [Endpoint with { Local = true }] } }] },
            Declared = Facts.Declared with { Policies = new([closed], null) },
        };

        var remark = PoliciesAdmit.Of(facts);
        var failed = PoliciesAdmit.Of(facts with { Dials = [new("10.244.10.5:8080", ConnectOutcome.TimedOut, TimeSpan.FromSeconds(1), null)] });

        remark.Verdict.ShouldBe(StepVerdict.Ok);
        remark.Evidence.ShouldHaveSingleItem().ShouldContain("it is on this node");
        failed.Verdict.ShouldBe(StepVerdict.Failed);
    }

    /// <summary>Whom the Pod sees is whom its policies are about: the node is let in here, and clients of one network.</summary>
    [Theory]
    [InlineData("192.0.2.7", "kept: the endpoint is on this node", true)]
    [InlineData("198.51.100.7", "kept: the endpoint is on this node (at NodePort addresses)", false)]
    [InlineData("198.51.100.7", "not kept: 10.244.10.5 answers by another way, as it is not on this node", true)]
    [InlineData("198.51.100.7", null, true)]
    public void NetworkPolicy_WhereTheClientIsKept_HasToLetThatOneIn(string client, string? clientAddress, bool isIn)
    {
        var policy = new NetworkPolicyObject
        {
            Metadata = new() { Name = "closed" },
            Spec = new()
            {
                Ingress = [JsonSerializer.Deserialize<NetworkPolicyIngress>(
                    "{\"from\":[{\"ipBlock\":{\"cidr\":\"10.0.0.1/32\"}},{\"ipBlock\":{\"cidr\":\"192.0.2.0/24\"}}]}", Written)!],
            },
        };
        var port = Port with { Endpoints = [Port.Endpoints[0] with { ClientAddress = clientAddress }] };
        var facts = Facts with
        {
            Explained = Facts.Explained! with { Ports = [port] },
            ForClient = Facts.Explained with { Ports = [port] },
            Declared = Facts.Declared with { Policies = new([policy], null) },
            Request = Facts.Request with { From = IPAddress.Parse(client) },
        };

        var found = PoliciesAdmit.Of(facts);

        found.Verdict.ShouldBe(isIn ? StepVerdict.Ok : StepVerdict.Failed);
        if (!isIn) found.Says.ShouldBe("10.244.10.5:8080: NetworkPolicy closed lets nobody in from 198.51.100.7 (the client, whose address it sees)");
    }

    [Fact]
    public void NetworkPolicy_WhereAnyClientIsKept_AsksForOne()
    {
        var policy = new NetworkPolicyObject { Metadata = new() { Name = "open" }, Spec = new() { Ingress = [new()] } };
        var port = Port with { Endpoints = [Port.Endpoints[0] with { ClientAddress = "kept: the endpoint is on this node" }] };

        PoliciesAdmit.Of(Facts with
        {
            Explained = Facts.Explained! with { Ports = [port] },
            Declared = Facts.Declared with { Policies = new([policy], null) },
            Request = Facts.Request with { From = null },
        }).Evidence.ShouldBe(["10.244.10.5:8080 sees its clients' own addresses: --from CLIENT asks whether that one is let in"]);
    }

    [Fact]
    public void Dial_NotAsked_TellsWhatTheProxyKnows()
    {
        var facts = Facts with { Request = Facts.Request with { Dials = false } };
        var failing = Port with { Service = Port.Service with { Endpoints = [Endpoint with { State = "failing", LastError = "refused" }] } };

        EndpointsAnswer.Of(facts).Verdict.ShouldBe(StepVerdict.NotAsked);
        EndpointsAnswer.Of(facts with { Explained = facts.Explained! with { Ports = [failing] } }).Says.ShouldContain(
            "its only endpoint does not answer the proxy");
    }

    /// <summary>Clients meet it, and wait or fail: a green because the others answer would be a lie.</summary>
    [Fact]
    public void OneOfThree_FailsForTheProxy_IsTheCause_WithoutADialOfOurs()
    {
        var facts = Facts with { Request = Facts.Request with { Dials = false } };
        var well = Endpoint with { State = "answering" };
        var port = Port with
        {
            Service = Port.Service with
            {
                Endpoints = [well, well with { Address = "10.244.10.6" }, Endpoint with { Address = "10.244.10.7", State = "failing", LastError = "refused" }],
                EndpointsAnswering = 2,
            },
            Endpoints = [new("10.244.10.7:8080", true, "ready; failing for 20s, the last dial (12s ago): the connection was refused", "failing")],
            NextSteps = ["10.244.10.70:8080 is another", "10.244.10.7:8080 is ready and refused its last dial"],
        };

        var found = EndpointsAnswer.Of(facts with { Explained = facts.Explained! with { Ports = [port] } });
        var healthy = EndpointsAnswer.Of(facts with
        {
            Explained = facts.Explained with { Ports = [port with { Service = port.Service with { Endpoints = [.. port.Service.Endpoints.Take(2)] } }] },
        });

        (found.Verdict, found.Next).ShouldBe((StepVerdict.Failed, "10.244.10.7:8080 is ready and refused its last dial"));
        found.Says.ShouldBe("1 of 3 endpoints did not take the proxy's last dial: 10.244.10.7:8080 ready; failing for 20s, the last dial (12s ago): the "
            + "connection was refused");
        healthy.Verdict.ShouldBe(StepVerdict.NotAsked);
    }

    /// <summary>A dial of the same number over TCP says nothing of it.</summary>
    [Fact]
    public void Dial_Answered_LeavesWhatTheProxyKnowsOfUdp()
    {
        var udp = Port with
        {
            Service = Port.Service with { Port = "dns", Protocol = "UDP", Endpoints = [Endpoint with { State = "failing", LastError = "refused" }] },
            Endpoints = [new("10.244.10.5:8080", true, "ready; failing for 2s: its host answered \"port unreachable\"", "failing")],
        };
        var facts = Facts with
        {
            Request = Facts.Request with { Dials = true },
            Dials = [new("10.244.10.5:8080", ConnectOutcome.Connected, TimeSpan.FromMilliseconds(1), null)],
            Dialable = 1,
        };

        var failing = EndpointsAnswer.Of(facts with { Explained = facts.Explained! with { Ports = [Port, udp] } });
        var unknown = EndpointsAnswer.Of(
            facts with { Explained = facts.Explained with { Ports = [Port, udp with { Service = udp.Service with { Endpoints = [Endpoint] } }] } });

        failing.Verdict.ShouldBe(StepVerdict.Failed);
        failing.Says.ShouldStartWith("dns (UDP, IPv4): its only endpoint does not answer the proxy");
        unknown.Verdict.ShouldBe(StepVerdict.Ok);
        unknown.Evidence.ShouldBe(["its UDP ports were not asked: what they make of a datagram is not known"]);
    }

    /// <summary>It may be a service that never answers, and it may be a dead one.</summary>
    [Fact]
    public void Udp_ThatHasSentNothingBack_IsCounted()
    {
        var udp = Port with { Service = Port.Service with { Protocol = "UDP", Endpoints = [Endpoint with { State = "unanswered" }, Endpoint] } };

        var found = EndpointsAnswer.Of(Facts with { Explained = Facts.Explained! with { Ports = [udp] } });

        found.Verdict.ShouldBe(StepVerdict.NotAsked);
        found.Says.ShouldEndWith("; 1 of 2 endpoints has been sent datagrams and sent none back");
    }

    [Fact]
    public void Udp_OfWhichAllHaveSentNothingBack_CannotBeSeen()
    {
        var udp = Port with { Service = Port.Service with { Protocol = "UDP", Endpoints = [Endpoint with { State = "unanswered" }] } };

        var found = EndpointsAnswer.Of(Facts with { Explained = Facts.Explained! with { Ports = [udp] } });

        found.Verdict.ShouldBe(StepVerdict.CannotBeSeen);
        found.Says.ShouldContain("clients' datagrams went to 1 endpoint, and none has come back");
        found.Next!.ShouldContain("userproxy inspect 8080 --address 10.244.10.5 --udp");
    }

    /// <summary>A dial shows nothing of it: the kernel takes connections for a process that does not accept.</summary>
    [Theory]
    [InlineData(true, "silent", nameof(StepVerdict.Failed))]
    [InlineData(false, "silent", nameof(StepVerdict.Failed))]
    [InlineData(true, "answering", nameof(StepVerdict.CannotBeSeen))]
    public void EveryEndpointIsSilent_Fails(bool isDialled, string other, string verdict)
    {
        var silent = new ExplainedEndpoint("10.244.10.5:8080", true, "ready", "silent") { Silent = 2 };
        var port = Port with { Endpoints = [silent, silent with { Endpoint = "10.244.10.6:8080", State = other, Silent = 0 }] };
        var facts = Facts with
        {
            Request = Facts.Request with { Dials = isDialled },
            Dials = isDialled ? [new("10.244.10.5:8080", ConnectOutcome.Connected, TimeSpan.FromMilliseconds(1), null)] : [],
            Dialable = 2,
            Explained = Facts.Explained! with { Ports = [port] },
        };

        var found = EndpointsAnswer.Of(facts);

        found.Verdict.ToString().ShouldBe(verdict);
        found.Next!.ShouldContain("10.244.10.5:8080 takes connections and leaves 2 without a byte: does its process accept, and answer?");
    }

    [Fact]
    public void ConnectionsEndBadly_IsNoOk()
    {
        var ends = new BadEndsItem("shop", "web", "http", "proxy_header", 3, 3, "of the last 3 connections, 3 ended by proxy_header", "do this");
        var port = Port with { Service = Port.Service with { BadEnds = ends, Endpoints = [Endpoint with { State = "answering" }] } };

        var found = EndpointsAnswer.Of(Facts with { Explained = Facts.Explained! with { Ports = [port] } });

        found.Verdict.ShouldBe(StepVerdict.CannotBeSeen);
        found.Says.ShouldContain("of the last 3 connections, 3 ended by proxy_header");
        found.Next.ShouldBe("do this");
    }

    /// <summary>A process of this node is let in, and nobody else anywhere.</summary>
    [Theory]
    [InlineData(null, true)]
    [InlineData("node-2", false)]
    public void LocalPolicy_WithoutAnyNodeName_IsTheCause(string? nodeName, bool isShut)
    {
        var port = Port with { Service = Port.Service with { Endpoints = [Endpoint with { NodeName = nodeName }] } };

        var found = ClientAllowed.Of(Facts with
        {
            Request = Facts.Request with { From = null },
            Explained = Facts.Explained! with { Ports = [port] },
        });

        (found.Verdict, found.Says.Contains("its only endpoint has no nodeName: no node serves clients from outside", StringComparison.Ordinal))
            .ShouldBe((isShut ? StepVerdict.Failed : StepVerdict.Ok, isShut), found.Says);
    }

    /// <summary>The step before names who has the port.</summary>
    [Fact]
    public void Shadow_OfAPortThatCannotBeBound_IsNoGreen()
    {
        var port = Port with
        {
            Service = Port.Service with { Listeners = [new("NodePort", "0.0.0.0", 30080, "Failed", "the port is taken by python3", null, null)] },
        };
        var facts = Facts with
        {
            Explained = Facts.Explained! with { Ports = [port] },
            Looks = [Samples.Handled],
        };

        NotShadowed.Of(facts).Verdict.ShouldBe(StepVerdict.NotAsked);
    }

    [Fact]
    public void Queue_Full_IsNamed()
    {
        var port = Port with
        {
            Service = Port.Service with { Listeners = [new("NodePort", "0.0.0.0", 30080, "Listening", null, AcceptQueue: 129, Backlog: 128, "Answering")] },
        };

        AddressesListened.Of(Facts with { Explained = Facts.Explained! with { Ports = [port] } }).Says.ShouldContain("its accept queue is full (129/128)");
    }

    [Fact]
    public void Slices_OfTheOtherFamilyAlone_AreNamed()
    {
        var slice = new EndpointSliceObject { AddressType = "IPv6" };

        SlicesThere.Of(Facts with { Declared = Facts.Declared with { Slices = new([slice], null) } }).Says.ShouldContain(
            "its only EndpointSlice does not have addressType IPv4");
    }

    [Fact]
    public void Slices_ThatTheProxyDoesNotHave_AreNamed()
    {
        var slice = new EndpointSliceObject
        {
            AddressType = "IPv4",
            Ports = [new() { Name = "http", Port = 8080 }],
            Endpoints = [new() { Addresses = ["10.244.10.5"] }],
        };
        var facts = Facts with
        {
            Explained = Facts.Explained! with { Ports = [Port with { Endpoints = [] }] },
            Declared = Facts.Declared with { Slices = new([slice], null) },
        };

        SlicesThere.Of(facts).Says.ShouldContain("and the proxy has none of them");
    }

    [Theory]
    [InlineData("Pending", "PodScheduled", "False", "Unschedulable", "0/3 nodes fit", "PodScheduled is False (Unschedulable): 0/3 nodes fit")]
    [InlineData("Running", "Ready", "False", "ContainersNotReady", null, "Ready is False (ContainersNotReady)")]
    [InlineData("Succeeded", "Ready", "False", "PodCompleted", null, "it has ended (phase Succeeded)")]
    public void Pod_WithoutAnEndpoint_SaysWhy(string phase, string type, string status, string reason, string? message, string words)
    {
        var pod = Pod with { Status = new() { Phase = phase, Conditions = [new() { Type = type, Status = status, Reason = reason, Message = message }] } };
        var facts = Facts with
        {
            Explained = Facts.Explained! with { Ports = [Port with { Endpoints = [], Service = Port.Service with { Endpoints = [] } }] },
            Declared = Facts.Declared with { Pods = new([pod], null) },
        };

        var finding = EndpointsReady.Of(facts);

        finding.Verdict.ShouldBe(StepVerdict.Failed);
        finding.Evidence.ShouldHaveSingleItem().ShouldBe($"Pod web-1 has no endpoint: {words}");
        finding.Next.ShouldBe("kubectl -n shop describe pod web-1");
    }

    [Fact]
    public void Steps_AreThirteen_AndEachHasSomethingToType()
    {
        var verification = Verification.Of(Samples.Verified.Facts);

        verification.Steps.Select(step => step.Number).ShouldBe(Enumerable.Range(1, 13));
        verification.Steps.Where(step => step.Finding.Verdict is StepVerdict.Failed or StepVerdict.CannotBeSeen).ShouldAllBe(
            step => !string.IsNullOrEmpty(step.Finding.Next));
    }
}
