using UserProxy.Linux.Nft;

namespace UserProxy.Linux.Transparent;

/// <summary>
/// The nftables tables of <see cref="MarkScript"/>: made, looked at, and removed by nft(8). That for bridges is an extra, which not every kernel has. One
/// caller at a time: <see cref="TransparentSources"/>.
/// </summary>
/// <param name="nft">The program.</param>
/// <param name="live">What goes on over bridges, for a table that is made anew.</param>
internal sealed class MarkTables(NftTool nft, Func<HashSet<BridgedFlow>> live)
{
    /// <summary>Of flows, in one transaction: some tenths of a second of nft. The first ones are back with the table.</summary>
    private const int Batch = 16_384;

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
        var (changed, outcome) = await MakeAsync(MarkScript.Inet, () => nft.RunAsync(MarkScript.CreateInet(), cancellation), cancellation);
        if (!outcome.Succeeded)
        {
            string needs = outcome.Problem == NftProblem.Refused ? " (needed: nft 1.0 or newer, and nft_socket in the kernel)" : "";
            return (false, outcome with { Reason = outcome.Reason + needs });
        }

        bool isNew = !_asCreated.ContainsKey(MarkScript.Bridge);
        if (isNew) await AdoptAsync(cancellation);
        var (bridgesChanged, bridges) = await MakeAsync(MarkScript.Bridge, () => CreateBridgeAsync(cancellation), cancellation);
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
        if (expected.Succeeded && expected.Output.Replace(Probe, MarkScript.Name, StringComparison.Ordinal) == found.Output)
            _asCreated[MarkScript.Bridge] = found.Output;
    }

    private async Task<(bool Changed, NftOutcome Outcome)> MakeAsync(
        string table, Func<Task<NftOutcome>> create, CancellationToken cancellation)
    {
        var listed = await ListAsync(table, cancellation);
        WereThere |= listed.Succeeded;
        if (listed.Succeeded && _asCreated.TryGetValue(table, out string? known) && known == listed.Output) return (false, listed);
        if (listed.Problem is not (NftProblem.None or NftProblem.Refused)) return (false, listed);
        var created = await create();
        WereThere |= created.Problem is NftProblem.None or NftProblem.TimedOut;
        if (!created.Succeeded) return (false, created);
        listed = await ListAsync(table, cancellation);
        if (listed.Succeeded) _asCreated[table] = listed.Output;
        return (true, listed);
    }

    /// <summary>
    /// With the flows that go on: until their next packet the table knows of none, and an endpoint that speaks first would speak past us. Those that begin
    /// meanwhile, by a table that was there, are added afterwards.
    /// </summary>
    private async Task<NftOutcome> CreateBridgeAsync(CancellationToken cancellation)
    {
        var flows = live();
        var batches = flows.Chunk(Batch).ToList();
        string script = MarkScript.CreateBridge();
        var created = await nft.RunAsync(script + MarkScript.AddFlows(batches.FirstOrDefault([])), cancellation);
        // The table without them is more than none.
        if (created.Problem == NftProblem.Refused && flows.Count > 0) return await nft.RunAsync(script, cancellation);
        if (!created.Succeeded) return created;
        foreach (var batch in batches.Skip(1).Concat(live().Except(flows).Chunk(Batch))) await nft.RunAsync(MarkScript.AddFlows(batch), cancellation);
        return created;
    }

    /// <summary>
    /// Without counters, and without the elements of sets (<c>-t</c>): flows come and go. nft 1.0.6 reads them all the same for a table, a second for 60,000,
    /// and not for the rules of a family.
    /// </summary>
    private async Task<NftOutcome> ListAsync(string table, CancellationToken cancellation)
    {
        if (!table.StartsWith("bridge ", StringComparison.Ordinal)) return await nft.RunAsync($"list table {table}\n", cancellation, "-s", "-t");
        var listed = await nft.RunAsync("list ruleset bridge\n", cancellation, "-s", "-t");
        if (!listed.Succeeded) return listed;
        return MarkScript.Cut(listed.Output, table) is { } cut ? NftOutcome.Done(cut) : NftOutcome.Failed(NftProblem.Refused, "there is no such table");
    }
}
