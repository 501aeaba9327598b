using System.Net;
using UserProxy.Linux.Host;
using UserProxy.Linux.Nft;

namespace UserProxy.Linux.VirtualIPs;

/// <summary>
/// The nftables rules that keep host daemons from being reached through virtual IPs, and virtual IPs from being announced on a link: see
/// <see cref="GuardScript"/>. Remembers what it last set, so that only the difference is sent. One caller at a time: <see cref="RoutedVirtualIPs"/>.
/// Made with the first address. The rules outlive this process unless it removes them; <see cref="VirtualIPCleanup"/> does so later.
/// </summary>
/// <param name="nft">The program.</param>
/// <param name="stop">Ends what nobody waits for.</param>
internal sealed class Guard(NftTool nft, CancellationToken stop = default)
{
    private readonly PortRange _ephemeral = PortRange.OfKernel();
    private HashSet<IPAddress> _guarded = [];

    /// <summary>What nft makes of the rules, as it lists them: asked for when they are made, needed for the first look at them.</summary>
    private Task<string?> _asCreated = Task.FromResult<string?>(null);

    public int Count => _guarded.Count;

    /// <summary>The tables are there by us: from the first address on.</summary>
    public bool IsMade { get; private set; }

    /// <summary>An nft that was killed may have made them.</summary>
    private bool _mayBeMade;

    /// <summary>Whether the tables could be made here, by a dry run that changes nothing (<c>nft -c</c> asks the kernel too).</summary>
    public async Task<NftOutcome> CheckAsync(CancellationToken cancellation) =>
        Explained(await nft.RunAsync(GuardScript.Create([], _ephemeral), cancellation, "-c"));

    /// <summary>
    /// Makes the tables anew around <paramref name="addresses"/>, in one transaction, whatever was there. How they are listed is not waited for: with 10,000
    /// addresses that takes longer than all else that a start does before its first listener.
    /// </summary>
    public async Task<NftOutcome> CreateAsync(IEnumerable<IPAddress> addresses, CancellationToken cancellation)
    {
        HashSet<IPAddress> wanted = [.. addresses];
        var created = Explained(await nft.RunAsync(GuardScript.Create(wanted, _ephemeral), cancellation));
        _mayBeMade |= created.Problem == NftProblem.TimedOut;
        if (!created.Succeeded) return created;
        IsMade = true;
        _guarded = wanted;
        await WaitForListingAsync();
        _asCreated = ReadRulesAsync(stop);
        return created;
    }

    /// <summary>Guards exactly <paramref name="wanted"/>. Tables that somebody has removed meanwhile are made anew.</summary>
    public async Task<NftOutcome> SetAsync(HashSet<IPAddress> wanted, CancellationToken cancellation)
    {
        if (!IsMade) return wanted.Count == 0 ? NftOutcome.Done("") : await CreateAsync(wanted, cancellation);
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
        if (!IsMade) return (false, NftOutcome.Done(""));
        await WaitForListingAsync();
        // Null: it could not be asked for.
        string? asCreated = _asCreated.IsCompletedSuccessfully ? await _asCreated : null;
        var listed = await ListAsync(cancellation);
        if (listed.Problem == NftProblem.TimedOut) return (false, listed);
        bool intact = listed.Succeeded && asCreated is not null
            && GuardListing.Parse(listed.Output) == new GuardListing(asCreated, GuardScript.CountElements(_guarded));
        return intact ? (false, listed) : (true, await CreateAsync(_guarded, cancellation));
    }

    /// <summary>At an orderly end. Tables that somebody has removed meanwhile are no failure.</summary>
    public async Task<NftOutcome> RemoveAsync(CancellationToken cancellation)
    {
        if (!IsMade && !_mayBeMade) return NftOutcome.Done("");
        await WaitForListingAsync();
        IsMade = false;
        _guarded = [];
        var deleted = await nft.RunAsync(GuardScript.DeleteAll(), cancellation);
        return deleted.Succeeded ? deleted : deleted with { Reason = $"the tables {string.Join(" and ", GuardScript.Tables)} are left: {deleted.Reason}" };
    }

    /// <summary>Waits for the nft that still runs.</summary>
    public async Task WaitForListingAsync() => await ((Task)_asCreated).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private static NftOutcome Explained(NftOutcome outcome) => outcome.Problem == NftProblem.Refused
        ? outcome with { Reason = $"{outcome.Reason} (needed: nft 1.0 or newer, and nft_socket and nft_reject_inet in the kernel)" }
        : outcome;

    private async Task<string?> ReadRulesAsync(CancellationToken cancellation)
    {
        var listed = await ListAsync(cancellation);
        return listed.Succeeded ? GuardListing.Parse(listed.Output).Rules : null;
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
