using UserProxy.Model;

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
    /// <summary>Of the port: nobody accepts a datagram, and none is reset.</summary>
    public TransportProtocol Protocol { get; init; }

    /// <summary>How many sockets share an address of the port; 0 when none do.</summary>
    public int Sharing { get; init; }

    /// <summary>It is handled, and some clients get nothing: a remark says which.</summary>
    public bool IsForSome { get; init; }

    /// <summary>The running userproxy is to have the port, and another process has it.</summary>
    public bool IsTaken { get; init; }

    /// <summary>A userproxy has it and has reset the test connection, and nobody has said why.</summary>
    public bool IsReset { get; init; }

    /// <summary>Somebody accepts who cannot be seen from here, and nothing shows whether clients are served.</summary>
    public bool IsVeiled { get; init; }

    /// <summary>The system has no way to any address that was tried, or was told so.</summary>
    public bool IsUnreachable { get; init; }

    /// <summary>What closes the port to test connections, <c>a rule of chain INPUT (iptables-save, filter)</c>; null: none is known.</summary>
    public string? ClosedBy { get; init; }

    /// <summary>A process listens at an address that was tried.</summary>
    public bool IsListenedOn { get; init; }

    /// <summary>Who has the port of the same number in the other protocol; null when nobody has, or when that was not looked for.</summary>
    public OtherPort? Other { get; init; }

    /// <summary>The verdict in a few words.</summary>
    public string Summary => (Protocol == TransportProtocol.Udp ? OfDatagrams : OfConnections)
        + (Other is null ? "" : Other.IsHeld ? $"; somebody has the {Other.Name} port of the same number"
            : $"; a Service declares the {Other.Name} port of the same number");

    private string OfConnections => Verdict switch
    {
        Verdict.Handled when Sharing > 0 => $"a process accepts; {Sharing} sockets share the port",
        Verdict.Placeholder when Sharing > 0 => $"{Sharing} sockets share the port, and not all accept",
        Verdict.Handled when IsTaken => "a process accepts, and not the userproxy that is to serve here",
        Verdict.Handled when IsForSome => "a process accepts, and does not serve every client",
        Verdict.Handled => "a process accepts",
        Verdict.Unserved => "userproxy accepts, and no endpoint behind it answers",
        Verdict.Placeholder => "listening, and nobody accepts",
        Verdict.Kernel => "answered by NAT, not by a socket of this port",
        Verdict.None or Verdict.Filtered when ClosedBy is not null =>
            $"{(Verdict == Verdict.None ? "refused" : "no answer")}: {ClosedBy} closes the port, and {(IsListenedOn ? "a process" : "nobody")} listens",
        Verdict.None when IsTaken => "refused; another process has the port that userproxy is to serve",
        Verdict.None => "refused, nobody is there",
        Verdict.Filtered when IsUnreachable => "unreachable: there is no route, or a rule rejects it",
        Verdict.Filtered => "no answer",
        Verdict.Idle when IsTaken => "another process has the port that userproxy is to serve, and nothing shows whether it accepts",
        Verdict.Unknown when IsVeiled => "a process accepts, and whether it serves anybody cannot be seen from here",
        Verdict.Unknown when IsReset => "userproxy accepts, and has reset the test connection",
        Verdict.Idle => "nobody is connected and nothing waits, so nothing shows whether anybody accepts",
        _ => "cannot be known from here",
    };

    private string OfDatagrams => Verdict switch
    {
        Verdict.Handled when IsTaken => "a process reads, and not the userproxy that is to serve here",
        Verdict.Handled when IsForSome => "a process reads, and does not serve every client",
        Verdict.Handled => "a process reads",
        Verdict.Unserved => "userproxy reads, and no endpoint behind it answers",
        Verdict.Placeholder => "bound, and nobody reads",
        Verdict.Kernel => "no socket is bound, and the kernel has rules for the port",
        Verdict.Filtered => "a rule drops what comes",
        Verdict.None => "no socket is bound: ICMP port unreachable",
        Verdict.Idle when IsTaken => "another process has the port that userproxy is to serve, and nothing shows whether it reads",
        Verdict.Idle => "nothing waits to be read, so nothing shows whether anybody reads",
        _ => "cannot be known from here",
    };
}
