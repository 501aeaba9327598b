using UserProxy.App.Inspect;
using UserProxy.Linux.PortInspection;

namespace UserProxy.App.Tests.Inspect;

/// <summary>Without root the owner of a port is not seen and a userproxy does not answer: what it may leave unserved is no green.</summary>
public sealed class VeiledTests
{
    private static readonly SocketRow Accepted = Facts.Connection(0, inode: 2);

    private static readonly PortFacts Unseen = Facts.Of(Facts.Listener()) with { Owners = new SocketOwners() };

    [Fact]
    public void ResetByWhoIsNotSeen_CannotBeKnown()
    {
        var judgement = Classifier.Judge(Unseen.Probed(Facts.Connected(Accepted) with { PeerEnd = PeerEnd.Reset }));

        judgement.Verdict.ShouldBe(Verdict.Unknown);
        judgement.IsCertain.ShouldBeFalse();
        judgement.Summary.ShouldBe("a process accepts, and whether it serves anybody cannot be seen from here");
        judgement.NextSteps[0].ShouldEndWith("sudo userproxy inspect 30080");
    }

    /// <summary>As clients of endpoints that are silent.</summary>
    [Theory]
    [InlineData(true, false, 0, Verdict.Unknown)]
    [InlineData(true, true, 0, Verdict.Handled)]
    [InlineData(true, false, 20, Verdict.Handled)]
    [InlineData(false, false, 0, Verdict.Handled)]
    public void LeftOpenByWhoIsNotSeen_IsHandledUnlessAUserproxyDidNotAnswer(bool isUnheard, bool closes, int bytes, object verdict) =>
        Classifier.Judge(Unseen.Probed(Facts.Connected(Accepted) with { ClosedAfterFin = closes, BytesReceived = bytes }), null, isUnheard).Verdict.ShouldBe(
            (Verdict)verdict);

    [Fact]
    public void ResetByAProcessThatIsSeen_IsItsOwnMatter() =>
        Classifier.Judge(Facts.Of(Facts.Listener()).Probed(Facts.Connected(Accepted) with { PeerEnd = PeerEnd.Reset }), null, isUnheard: true).Verdict.ShouldBe(
            Verdict.Handled);
}
