using System.Net;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.App.Tests.CommandLine;
using UserProxy.App.Tests.Inspect;
using UserProxy.App.Tests.Rules;
using UserProxy.App.Verify;
using UserProxy.App.Verify.Probing;
using UserProxy.App.Verify.Steps;
using UserProxy.Policy;

namespace UserProxy.App.Tests.Verify;

/// <summary>What <c>verify</c> says of dials under clients' addresses, which no dial of this node shows: what is known is of whoever came last.</summary>
public sealed class KeptDialTests
{
    private const string Client = "203.0.113.7", Endpoint = "10.244.10.5:8080", Node = "192.0.2.1";

    private const string DropsTheClient = "-s 203.0.113.0/24 -d 10.244.0.0/16 -j DROP", DropsTheNode = "-s 192.0.2.1/32 -d 10.244.0.0/16 -j DROP";

    [Theory]
    [InlineData("OUTPUT", DropsTheClient, "answering", "Failed")]
    [InlineData("OUTPUT", DropsTheClient, "failing", "Failed")]
    [InlineData("POSTROUTING", DropsTheClient, "unknown", "Failed")]
    [InlineData("OUTPUT", DropsTheNode, "answering", "NotAsked")]
    [InlineData("OUTPUT", DropsTheNode, "failing", "NotAsked")]
    [InlineData("OUTPUT", "-m owner --uid-owner 1000 -j DROP", "answering", "CannotBeSeen")]
    [InlineData("OUTPUT", "-m mark --mark 0x40/0x40 -j DROP", "answering", "Failed")]
    [InlineData("OUTPUT", "-m addrtype --src-type LOCAL -j DROP", "answering", "NotAsked")]
    [InlineData("OUTPUT", "-m addrtype ! --src-type LOCAL -j DROP", "answering", "Failed")]
    [InlineData("OUTPUT", "-m mark --mark 0x80/0x80 -j DROP", "answering", "CannotBeSeen")]
    [InlineData("INPUT", "-d 203.0.113.0/24 -j DROP", "answering", "Failed")]
    [InlineData("OUTPUT", "-d 10.245.0.0/16 -j DROP", "failing", "Failed")]
    public void ClientThatIsKept_IsJudgedByTheRules_WhoeverDialledLast(string chain, string rule, string state, string verdict)
    {
        var found = EndpointsAnswer.Of(Of(chain, rule, state, Client, isKept: true));

        found.Verdict.ToString().ShouldBe(verdict, found.Says);
    }

    [Fact]
    public void RuleThatStopsTheClient_IsNamed_ThoughADialOfThisNodeAnswers()
    {
        var facts = Of("OUTPUT", DropsTheClient, "answering", Client, isKept: true);

        var found = EndpointsAnswer.Of(facts with
        {
            Request = facts.Request with { Dials = true },
            Dialable = 1,
            Dials = [new(Endpoint, ConnectOutcome.Connected, TimeSpan.Zero, null)],
        });

        found.Says.ShouldBe($"a rule of chain OUTPUT (iptables-save, filter) drops the proxy's dial of {Endpoint} under the address of {Client}");
        found.Next.ShouldNotBeNull().ShouldEndWith("sudo iptables -I OUTPUT -d 10.244.10.5 -p tcp --dport 8080 -j ACCEPT");
        found.Evidence.ShouldBe([$"-A OUTPUT {DropsTheClient}"]);
    }

    /// <summary>A dial of this node has this node's address.</summary>
    [Theory]
    [InlineData("failing", "Failed")]
    [InlineData("answering", "NotAsked")]
    public void ClientThatIsKept_IsNotShownToBeAnswered_ByDialsOfThisNode(string state, string verdict)
    {
        var facts = Of("OUTPUT", "-p udp -j ACCEPT", state, Client, isKept: true);

        var found = EndpointsAnswer.Of(facts with
        {
            Request = facts.Request with { Dials = true },
            Dialable = 1,
            Dials = [new(Endpoint, ConnectOutcome.Connected, TimeSpan.Zero, null)],
        });

        found.Verdict.ToString().ShouldBe(verdict, found.Says);
    }

    /// <summary>Without a client that is asked for: what stops them all cannot be seen of a process of this node.</summary>
    [Theory]
    [InlineData("! -s 192.0.2.1/32 -d 10.244.0.0/16 -j DROP", "answering", "CannotBeSeen")]
    [InlineData("! -s 192.0.2.1/32 -d 10.244.0.0/16 -j DROP", "failing", "CannotBeSeen")]
    [InlineData("-m addrtype ! --src-type LOCAL -j DROP", "failing", "CannotBeSeen")]
    [InlineData(DropsTheClient, "answering", "NotAsked")]
    [InlineData(DropsTheClient, "failing", "CannotBeSeen")]
    [InlineData("-d 10.245.0.0/16 -j DROP", "failing", "Failed")]
    [InlineData(DropsTheNode, "failing", "Failed")]
    public void NoClientAskedFor_IsJudgedByTheRules_WhoeverDialledLast(string rule, string state, string verdict)
    {
        var found = EndpointsAnswer.Of(Of("OUTPUT", rule, state, null, isKept: true));

        found.Verdict.ToString().ShouldBe(verdict, found.Says);
    }

    /// <summary>The endpoint sees this node.</summary>
    [Fact]
    public void ClientThatIsNotKept_IsDialledForByThisNode() =>
        EndpointsAnswer.Of(Of("OUTPUT", DropsTheClient, "answering", Client, isKept: false)).Verdict.ShouldBe(StepVerdict.NotAsked);

    private static VerifyFacts Of(string chain, string rule, string state, string? from, bool isKept)
    {
        var sample = Samples.Explanation.Ports[0];
        EndpointItem endpoint = sample.Service.Endpoints[0] with { State = state, Local = true, Used = true };
        var port = sample with
        {
            Service = sample.Service with { Endpoints = [endpoint] },
            Endpoints = [new(Endpoint, true, "ready", state, null, isKept ? "kept: the endpoint is on this node" : null)],
            NextSteps = [],
        };
        var explanation = Samples.Explanation with { Ports = [port] };
        var facts = Samples.Verified.Facts;
        return facts with
        {
            Request = facts.Request with { From = from is null ? null : IPAddress.Parse(from), Dials = false },
            Explained = explanation,
            ForClient = from is null ? null : explanation,
            Looks = [Facts.Of(Facts.Listener()) with { Chains = Ruleset.Read("iptables-save", Ruleset.Iptables(chain, rule)) }],
            Network = new NodeNetwork([new NodeDevice("eth0", [IPAddress.Parse(Node)])], null, null),
        };
    }
}
