using System.Diagnostics;
using System.Globalization;
using System.Net;
using UserProxy.Linux.Nft;
using UserProxy.Linux.VirtualIPs;

namespace UserProxy.Linux.Tests.VirtualIPs;

/// <summary>With the real nft, in a network namespace that ends with the test; where there is none, skipped.</summary>
public sealed class GuardTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Waited for as long as a busy machine needs: a list that comes too late is a reason to make the tables anew.</summary>
    private static NftTool NftOf(Process space) =>
        new(["nsenter", "--net", "--target", space.Id.ToString(CultureInfo.InvariantCulture), "nft"]) { Longest = TimeSpan.FromSeconds(50) };

    [Theory]
    [InlineData("flush set inet userproxy v4", true)]
    [InlineData("flush set arp userproxy v4", true)]
    [InlineData("delete element inet userproxy v6 { fd96::1 }", true)]
    [InlineData("flush chain inet userproxy guard", true)]
    [InlineData("flush ruleset", true)]
    [InlineData("add table inet others", false)]
    public async Task Repair_AfterOthers_MakesAnewWhatIsNotAsItShouldBe(string script, bool repairs)
    {
        using var space = Process.Start(new ProcessStartInfo("unshare", ["--net", "sh", "-c", "echo ready; exec sleep 60"]) { RedirectStandardOutput = true })!;
        try
        {
            Assert.SkipUnless(await space.StandardOutput.ReadLineAsync(Cancellation) == "ready", "no network namespace can be made here");
            var nft = NftOf(space);
            var guard = new Guard(nft);
            var created = await guard.CreateAsync([], Cancellation);
            Assert.SkipUnless(created.Succeeded, created.Reason);
            HashSet<IPAddress> addresses = [
                .. Enumerable.Range(1, 300).Select(number => new IPAddress([10, 96, (byte)(number >> 8), (byte)number])), IPAddress.Parse("fd96::1")];
            (await guard.SetAsync(addresses, Cancellation)).Succeeded.ShouldBeTrue();
            (await guard.RepairAsync(Cancellation)).Repaired.ShouldBeFalse();

            (await nft.RunAsync(script + "\n", Cancellation)).Succeeded.ShouldBeTrue();

            (await guard.RepairAsync(Cancellation)).Repaired.ShouldBe(repairs);
            (await guard.RepairAsync(Cancellation)).Repaired.ShouldBeFalse();
            (await nft.RunAsync("list set inet userproxy v4\n", Cancellation)).Output.Count(',').ShouldBe(299);
        }
        finally
        {
            space.Kill(entireProcessTree: true);
        }
    }

    /// <summary>Whoever serves NodePorts alone leaves no trace; whether a guard could be had is known all the same.</summary>
    [Fact]
    public async Task Tables_AreMadeForTheFirstAddress_AndTakenBack()
    {
        using var space = Process.Start(new ProcessStartInfo("unshare", ["--net", "sh", "-c", "echo ready; exec sleep 60"]) { RedirectStandardOutput = true })!;
        try
        {
            Assert.SkipUnless(await space.StandardOutput.ReadLineAsync(Cancellation) == "ready", "no network namespace can be made here");
            var nft = NftOf(space);
            var guard = new Guard(nft);
            var possible = await guard.CheckAsync(Cancellation);
            Assert.SkipUnless(possible.Succeeded, possible.Reason);
            (await guard.SetAsync([], Cancellation)).Succeeded.ShouldBeTrue();
            (await guard.RepairAsync(Cancellation)).Repaired.ShouldBeFalse();
            (await nft.RunAsync("list tables\n", Cancellation)).Output.ShouldBeEmpty();

            (await guard.SetAsync([IPAddress.Parse("10.96.0.1")], Cancellation)).Succeeded.ShouldBeTrue();
            GuardScript.Among((await nft.RunAsync("list tables\n", Cancellation)).Output).ShouldBe(GuardScript.Tables);

            await nft.RunAsync("delete table arp userproxy\nadd table inet others\n", Cancellation);
            (await guard.RemoveAsync(Cancellation)).Succeeded.ShouldBeTrue();
            (await nft.RunAsync("list tables\n", Cancellation)).Output.Trim().ShouldBe("table inet others");
        }
        finally
        {
            space.Kill(entireProcessTree: true);
        }
    }

    [Fact]
    public async Task Check_WithoutNft_SaysWhatIsMissing() =>
        (await new Guard(new NftTool(["no-such-nft"])).CheckAsync(Cancellation)).Reason.ShouldContain("install the package nftables");
}
