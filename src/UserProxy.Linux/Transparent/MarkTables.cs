using UserProxy.Linux.VirtualIPs;

namespace UserProxy.Linux.Transparent;

/// <summary>
/// The nftables tables of <see cref="MarkScript"/>: made, looked at, and removed by nft(8). That for bridges is an extra, which not every kernel has. One
/// caller at a time: <see cref="TransparentSources"/>.
/// </summary>
internal sealed class MarkTables(NftTool nft)
{
    /// <summary>A table that is made to see how nft lists it, and removed.</summary>
    private const string Probe = MarkScript.Name + "_probe";

    /// <summary>As nft has listed each after it was made.</summary>
    private readonly Dictionary<string, string> _asCreated = [];

    /// <summary>Answers over bridges are handed up.</summary>
    public bool HandsUp { get; private set; }

    /// <summary>One has been found or made, or may have been, by whomever.</summary>
    public bool WereThere { get; private set; }

    /// <summary>Makes what is not there as it should be; <c>Changed</c> is for who wants to say so.</summary>
    public async Task<(bool Changed, NftOutcome Outcome)> MakeAsync(CancellationToken cancellation)
    {
        var (changed, outcome) = await MakeAsync(MarkScript.Inet, MarkScript.CreateInet(), cancellation);
        if (!outcome.Succeeded)
        {
            string needs = outcome.Problem == NftProblem.Refused ? " (needed: nft 1.0 or newer, and nft_socket in the kernel)" : "";
            return (false, outcome with { Reason = outcome.Reason + needs });
        }

        bool isNew = !_asCreated.ContainsKey(MarkScript.Bridge);
        if (isNew) await AdoptAsync(cancellation);
        var (bridgesChanged, bridges) = await MakeAsync(MarkScript.Bridge, MarkScript.CreateBridge(), cancellation);
        HandsUp = bridges.Succeeded;
        return (changed || (bridgesChanged && !isNew), outcome);
    }

    /// <summary>Those that are there, whoever has made them; returns how many there were.</summary>
    public static async Task<(int Found, NftOutcome Outcome)> RemoveAsync(NftTool nft, CancellationToken cancellation)
    {
        var listed = await nft.RunAsync("list tables\n", cancellation);
        string[] ours = MarkScript.Among(listed.Output);
        if (!listed.Succeeded || ours.Length == 0) return (0, listed);
        var deleted = await nft.RunAsync(MarkScript.Delete(ours), cancellation);
        return (ours.Length, deleted);
    }

    /// <summary>
    /// Another run's table for bridges knows its flows, which go on while it hands over: one that is as it would be made here stays. How nft lists it depends
    /// on the version of nft.
    /// </summary>
    private async Task AdoptAsync(CancellationToken cancellation)
    {
        var found = await ListAsync(MarkScript.Bridge, cancellation);
        if (!found.Succeeded || !(await nft.RunAsync(MarkScript.CreateBridge(Probe), cancellation)).Succeeded) return;
        var expected = await ListAsync($"bridge {Probe}", cancellation);
        await nft.RunAsync(MarkScript.Delete([$"bridge {Probe}"]), cancellation);
        if (expected.Output.Replace(Probe, MarkScript.Name, StringComparison.Ordinal) == found.Output) _asCreated[MarkScript.Bridge] = found.Output;
    }

    private async Task<(bool Changed, NftOutcome Outcome)> MakeAsync(string table, string script, CancellationToken cancellation)
    {
        var listed = await ListAsync(table, cancellation);
        WereThere |= listed.Succeeded;
        if (listed.Succeeded && _asCreated.TryGetValue(table, out string? known) && known == listed.Output) return (false, listed);
        if (listed.Problem is not (NftProblem.None or NftProblem.Refused)) return (false, listed);
        var created = await nft.RunAsync(script, cancellation);
        WereThere |= created.Problem is NftProblem.None or NftProblem.TimedOut;
        if (!created.Succeeded) return (false, created);
        listed = await ListAsync(table, cancellation);
        if (listed.Succeeded) _asCreated[table] = listed.Output;
        return (true, listed);
    }

    /// <summary>Without counters, and without the elements of sets (<c>-t</c>): flows come and go.</summary>
    private Task<NftOutcome> ListAsync(string table, CancellationToken cancellation) => nft.RunAsync($"list table {table}\n", cancellation, "-s", "-t");
}
