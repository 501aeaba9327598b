namespace UserProxy.App.Inspect;

/// <summary>What the classifier makes of the facts, in words for people.</summary>
/// <param name="Verdict">Who handles the port.</param>
/// <param name="IsCertain">Shown by what was seen; else the likeliest that fits.</param>
/// <param name="Reasons">What it follows from; the first is the strongest.</param>
/// <param name="Remarks">What else a person should know: worth a look, without changing the verdict.</param>
/// <param name="NextSteps">What to do about it.</param>
internal sealed record Judgement(
    Verdict Verdict, bool IsCertain, IReadOnlyList<string> Reasons, IReadOnlyList<string> Remarks, IReadOnlyList<string> NextSteps)
{
    /// <summary>How many sockets share an address of the port; 0 when none do.</summary>
    public int Sharing { get; init; }

    /// <summary>It is handled, and some clients get nothing: a remark says which.</summary>
    public bool IsForSome { get; init; }

    /// <summary>The running userproxy is to have the port, and another process has it.</summary>
    public bool IsTaken { get; init; }

    /// <summary>The verdict in a few words.</summary>
    public string Summary => Verdict switch
    {
        Verdict.Handled when Sharing > 0 => $"a process accepts; {Sharing} sockets share the port",
        Verdict.Placeholder when Sharing > 0 => $"{Sharing} sockets share the port, and not all accept",
        Verdict.Handled when IsTaken => "a process accepts, and not the userproxy that is to serve here",
        Verdict.Handled when IsForSome => "a process accepts, and does not serve every client",
        Verdict.Handled => "a process accepts",
        Verdict.Unserved => "userproxy accepts, and no endpoint behind it answers",
        Verdict.Placeholder => "listening, and nobody accepts",
        Verdict.Kernel => "answered by NAT, not by a socket of this port",
        Verdict.None => "refused, nobody is there",
        Verdict.Filtered => "no answer",
        Verdict.Idle => "nobody is connected and nothing waits, so nothing shows whether anybody accepts",
        _ => "cannot be known from here",
    };
}
