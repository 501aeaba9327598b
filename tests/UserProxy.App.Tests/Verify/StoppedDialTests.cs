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

/// <summary>What <c>verify</c> says of endpoints whose dial a rule of this node stops, or may.</summary>
public sealed class StoppedDialTests
{
    private const string Endpoint = "10.244.10.5:8080";

    [Fact]
    public void DialThatARuleStops_IsNamed_WithWhatLetsItBy()
    {
        var found = EndpointsAnswer.Of(Dialled(ConnectOutcome.TimedOut, "-d 10.244.0.0/16 -j DROP"));

        (found.Verdict, found.Evidence[0]).ShouldBe((StepVerdict.Failed, "-A OUTPUT -d 10.244.0.0/16 -j DROP"));
        found.Says.ShouldEndWith("; a rule of chain OUTPUT (iptables-save, filter) drops the proxy's dial of 10.244.10.5:8080");
        found.Next!.ShouldEndWith("sudo iptables -I OUTPUT -d 10.244.10.5 -p tcp --dport 8080 -j ACCEPT");
    }

    [Fact]
    public void DialThatARuleMayStop_HasItAsEvidence()
    {
        var found = EndpointsAnswer.Of(Dialled(ConnectOutcome.TimedOut, "-m owner --uid-owner 1000 -j DROP"));

        found.Verdict.ShouldBe(StepVerdict.Failed);
        found.Says.ShouldNotContain("OUTPUT");
        found.Evidence[0].ShouldContain("chain OUTPUT (iptables-save, filter) may drop the proxy's dial");
        found.Next.ShouldNotBeNull().ShouldNotContain("iptables");
    }

    /// <summary>Whatever is read in the rules.</summary>
    [Fact]
    public void DialThatSucceeded_Overrides() =>
        EndpointsAnswer.Of(Dialled(ConnectOutcome.Connected, "-d 10.244.0.0/16 -j DROP")).Verdict.ShouldBe(StepVerdict.Ok);

    /// <summary>No dial has shown it.</summary>
    [Theory]
    [InlineData("unknown", "CannotBeSeen")]
    [InlineData("answering", "NotAsked")]
    public void EndpointThatNobodyDialled_IsADoubt(string state, string verdict)
    {
        var facts = Of("-d 10.244.0.0/16 -j DROP", state);

        EndpointsAnswer.Of(facts with { Request = facts.Request with { Dials = false } }).Verdict.ToString().ShouldBe(verdict);
    }

    private static VerifyFacts Dialled(ConnectOutcome outcome, string rule) =>
        Of(rule, "unknown") with { Dials = [new(Endpoint, outcome, TimeSpan.FromSeconds(1), null)], Dialable = 1 };

    private static VerifyFacts Of(string rule, string state)
    {
        var sample = Samples.Explanation.Ports[0];
        EndpointItem endpoint = sample.Service.Endpoints[0] with { State = state, Local = false };
        var port = sample with { Service = sample.Service with { Endpoints = [endpoint] }, Endpoints = [new(Endpoint, true, "ready")], NextSteps = [] };
        return Samples.Verified.Facts with
        {
            Explained = Samples.Explanation with { Ports = [port] },
            Looks = [Facts.Of(Facts.Listener()) with { Chains = Ruleset.Read("iptables-save", Ruleset.Iptables("OUTPUT", rule)) }],
            Network = new NodeNetwork([new NodeDevice("eth0", [IPAddress.Parse("192.0.2.1")])], null, null),
        };
    }
}
