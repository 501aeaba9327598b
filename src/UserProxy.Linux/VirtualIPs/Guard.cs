using System.Net;

namespace UserProxy.Linux.VirtualIPs;

/// <summary>
/// The nftables rules that keep host daemons from being reached through virtual IPs, and virtual IPs from being announced on a link: see
/// <see cref="GuardScript"/>. Remembers what it last set, so that only the difference is sent. One caller at a time: <see cref="RoutedVirtualIPs"/>.
/// The rules outlive this process; <see cref="VirtualIPCleanup"/> removes them.
/// </summary>
internal sealed class Guard(NftTool nft)
{
    private readonly PortRange _ephemeral = PortRange.OfKernel();
    private HashSet<IPAddress> _guarded = [];
    private string _asCreated = "";

    public int Count => _guarded.Count;

    /// <summary>Makes the tables anew around <paramref name="addresses"/>, in one transaction, whatever was there.</summary>
    public async Task<NftOutcome> CreateAsync(IEnumerable<IPAddress> addresses, CancellationToken cancellation)
    {
        HashSet<IPAddress> wanted = [.. addresses];
        var created = await nft.RunAsync(GuardScript.Create(wanted, _ephemeral), cancellation);
        if (created.Problem == NftProblem.Refused) return created with
        {
            Reason = $"{created.Reason} (needed: nft 1.0 or newer, and nft_socket and nft_reject_inet in the kernel)",
        };
        if (!created.Succeeded) return created;
        _guarded = wanted;
        var listed = await ListAsync(cancellation);
        _asCreated = GuardListing.Parse(listed.Output).Rules;
        return listed;
    }

    /// <summary>Guards exactly <paramref name="wanted"/>. Tables that somebody has removed meanwhile are made anew.</summary>
    public async Task<NftOutcome> SetAsync(HashSet<IPAddress> wanted, CancellationToken cancellation)
    {
        string change = GuardScript.Change([.. wanted.Except(_guarded)], [.. _guarded.Except(wanted)]);
        if (change.Length == 0) return NftOutcome.Done("");
        var changed = await nft.RunAsync(change, cancellation);
        if (changed.Problem == NftProblem.Refused) return await CreateAsync(wanted, cancellation);
        if (changed.Succeeded) _guarded = [.. wanted];
        return changed;
    }

    /// <summary>
    /// Makes the tables anew when they are not as they were created (`nft flush ruleset`, a rule deleted) or their sets have not as many elements as they
    /// should (`nft flush set`); <c>Repaired</c> says so.
    /// </summary>
    public async Task<(bool Repaired, NftOutcome Outcome)> RepairAsync(CancellationToken cancellation)
    {
        var listed = await ListAsync(cancellation);
        bool intact = listed.Succeeded && GuardListing.Parse(listed.Output) == new GuardListing(_asCreated, GuardScript.CountElements(_guarded));
        return intact ? (false, listed) : (true, await CreateAsync(_guarded, cancellation));
    }

    // Without counters. One table at a time: nft 1.0.6 finds only the last of several in one script.
    private async Task<NftOutcome> ListAsync(CancellationToken cancellation)
    {
        string all = "";
        foreach (string table in GuardScript.Tables)
        {
            var listed = await nft.RunAsync($"list table {table}\n", cancellation, "-s");
            if (!listed.Succeeded) return listed;
            all += listed.Output;
        }

        return NftOutcome.Done(all);
    }
}
