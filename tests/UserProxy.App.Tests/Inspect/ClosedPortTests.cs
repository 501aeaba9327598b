using UserProxy.App.Inspect;
using UserProxy.App.Tests.Rules;
using UserProxy.Linux.PortInspection;

namespace UserProxy.App.Tests.Inspect;

/// <summary>A port that a rule of this node closes: the headline names it, whether anybody listens or not.</summary>
public sealed class ClosedPortTests
{
    [Theory]
    [InlineData(ProbeOutcome.Refused, "-p tcp -m tcp --dport 30080 -j REJECT --reject-with tcp-reset", true,
        "refused: a rule of chain INPUT (iptables-save, filter) closes the port, and a process listens")]
    [InlineData(ProbeOutcome.Refused, "-p tcp -m tcp --dport 30080 -j REJECT --reject-with tcp-reset", false,
        "refused: a rule of chain INPUT (iptables-save, filter) closes the port, and nobody listens")]
    [InlineData(ProbeOutcome.NoAnswer, "-p tcp -j DROP", true,
        "no answer: chain INPUT (iptables-save, filter) closes the port, and a process listens")]
    [InlineData(ProbeOutcome.Refused, "-p tcp -m tcp --dport 22 -j REJECT", false, "refused, nobody is there")]
    [InlineData(ProbeOutcome.Refused, "-m limit --limit 5/sec -j REJECT", false, "refused, nobody is there")]
    public void Headline_NamesTheRule(ProbeOutcome outcome, string rule, bool isListenedOn, string summary)
    {
        var facts = Facts.Of(isListenedOn ? [Facts.Listener()] : []).Probed(Facts.Failed(outcome)) with
        {
            Chains = Ruleset.Read("iptables-save", Ruleset.Iptables("INPUT", rule)),
        };

        var judgement = Classifier.Judge(facts);

        judgement.Summary.ShouldBe(summary);
        if (judgement.ClosedBy is null) return;
        judgement.Reasons[0].ShouldEndWith($" drops what comes: -A INPUT {rule}");
        judgement.NextSteps[0].ShouldEndWith("sudo iptables -I INPUT -p tcp --dport 30080 -j ACCEPT");
    }
}
