using System.Net;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.App.Tests.CommandLine;
using UserProxy.App.Tests.Inspect;
using UserProxy.App.Verify;
using UserProxy.App.Verify.Probing;
using UserProxy.App.Verify.Steps;
using UserProxy.Linux.PortInspection;

namespace UserProxy.App.Tests.Verify;

/// <summary>What <c>verify</c> says of rules that shut clients out of a port that the proxy listens at.</summary>
public sealed class NotShadowedTests
{
    private const string Reject = "-A INPUT -p tcp -m tcp --dport 30080 -j REJECT --reject-with icmp-port-unreachable";

    private static ExplainedPort Port => Samples.Explanation.Ports[0] with
    {
        Service = Samples.Explanation.Ports[0].Service with
        {
            Endpoints = [],
            Listeners = [new ListenerItem("NodePort", "0.0.0.0", Facts.Port, "Listening", null, 0, 128)],
        },
    };

    [Fact]
    public void RuleThatRejectsAll_IsNamed_WithTheCommandThatShowsIt()
    {
        var found = Judge([new("iptables-save", "filter", Reject)]);

        found.Verdict.ShouldBe(StepVerdict.Failed);
        found.Says.ShouldContain("a rule of the kernel drops or rejects it before the listener sees it");
        found.Evidence.ShouldBe([$"iptables-save (filter): {Reject}"]);
        found.Next.ShouldBe("sudo iptables -t filter -L INPUT -n --line-numbers: delete it there, or let the port in before it");
    }

    [Fact]
    public void RuleForSomeSources_IsARemark()
    {
        const string Rule = "-A INPUT -s 198.51.100.0/24 -p tcp -m tcp --dport 30080 -j REJECT";

        var found = Judge([new("iptables-save", "filter", Rule)]);

        found.Verdict.ShouldBe(StepVerdict.Ok);
        found.Evidence.ShouldBe([$"names the port, and may shut out some clients: iptables-save (filter): {Rule}"]);
    }

    [Theory]
    [InlineData("-A INPUT -p tcp -m tcp --dport 30080 -j ACCEPT", true)]
    [InlineData("-A OTHER -p tcp -m tcp --dport 30080 -j ACCEPT", false)]
    public void RuleAfterOneThatLetsIn_IsNoFault(string before, bool isWell) =>
        Judge([new("iptables-save", "filter", before), new("iptables-save", "filter", Reject)]).Verdict
            .ShouldBe(isWell ? StepVerdict.Ok : StepVerdict.Failed);

    /// <summary>A rule that does not name the port, a policy: nothing else refuses where a socket listens.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Refused_WhereTheProxyListens_IsARule(bool isListenedOn)
    {
        var tried = new TriedAddress("NodePort", new IPEndPoint(IPAddress.Loopback, Facts.Port), Reached.Refused, null, TimeSpan.Zero);

        var found = Judge([], [tried], isListenedOn ? [Facts.Listener()] : []);

        found.Verdict.ShouldBe(isListenedOn ? StepVerdict.Failed : StepVerdict.Ok);
        if (isListenedOn) found.Says.ShouldBe("a connection of this node to 127.0.0.1:30080 was refused, and the proxy listens there: a rule rejects it");
    }

    private static Finding Judge(IReadOnlyList<RuleHint> rules, IReadOnlyList<TriedAddress>? tries = null, SocketRow[]? sockets = null) =>
        NotShadowed.Of(Samples.Verified.Facts with
        {
            Explained = Samples.Explanation with { Ports = [Port] },
            Looks = [Facts.Of(sockets ?? [Facts.Listener()]) with { Rules = rules }],
            Tries = tries ?? [],
        });
}
