using System.Text.RegularExpressions;
using UserProxy.Serving;
using UserProxy.Udp;

namespace UserProxy.Tests.Udp;

public sealed partial class SessionLimitsTests
{
    [Theory]
    [InlineData(1, 65_536, 32_768, 8_192, 2_048)]
    [InlineData(2, 32_768, 16_384, 4_096, 1_024)]
    [InlineData(3, 21_846, 10_923, 2_731, 683)]
    public void ShareOf_Loops_IsAnEvenShareRoundedUp(int loops, int total, int listener, int client, int ports) =>
        SessionLimits.Default.ShareOf(loops).ShouldBe(new SessionLimits(total, listener, client) { AmplePorts = ports });

    [Fact]
    public void ShareOf_MoreLoopsThanSessions_LeavesOneEach() =>
        new SessionLimits(3, 2, 1) { AmplePorts = 4 }.ShareOf(64).ShouldBe(new SessionLimits(1, 1, 1) { AmplePorts = 1 });

    [Fact]
    public void ShareOf_Zero_IsOne() => new SessionLimits(0, 0, 0).ShareOf(1).ShouldBe(new SessionLimits(1, 1, 1));

    [Fact]
    public void CreateTable_OfSeveralLoops_EachKeepsItsShare()
    {
        var rig = new SessionRig(new SessionLimits(Total: 20, PerListener: 20, PerClient: 20));
        var table = rig.Services.CreateTable(loops: 4, new FakeUpstream());
        var service = rig.Serve(1);
        for (int client = 0; client < 30; client++) table.TryForward(service.Sessions, UdpService.Flow(client), 1, rig.Now, out _).ShouldBeTrue();
        table.Count.ShouldBe(5);
    }

    [Fact]
    public void Names_OfEveryEndAndDrop_AreDistinctLabels()
    {
        ShouldBeLabels(Enum.GetValues<SessionEnd>().Select(end => end.Name()));
        ShouldBeLabels(Enum.GetValues<DatagramDrop>().Select(drop => drop.Name()));
        Should.Throw<ArgumentOutOfRangeException>(() => ((SessionEnd)99).Name());
        Should.Throw<ArgumentOutOfRangeException>(() => ((DatagramDrop)99).Name());
    }

    private static void ShouldBeLabels(IEnumerable<string> names)
    {
        var all = names.ToList();
        all.ShouldBeUnique();
        all.ShouldAllBe(name => Label().IsMatch(name));
    }

    [GeneratedRegex("^[a-z]+(_[a-z]+)*$")]
    private static partial Regex Label();
}
