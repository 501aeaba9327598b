namespace UserProxy.Linux.VirtualIPs;

/// <summary>What became of an nft(8) script: <see cref="Output"/> when it was carried out, else why not and what to do about it.</summary>
internal readonly record struct NftOutcome(NftProblem Problem, string Output, string Reason)
{
    public bool Succeeded => Problem == NftProblem.None;

    public static NftOutcome Done(string output) => new(NftProblem.None, output, "");

    public static NftOutcome Failed(NftProblem problem, string reason) => new(problem, "", reason);
}
