using System.Diagnostics.CodeAnalysis;

namespace UserProxy.App.Probe;

/// <summary>What a process says of itself to <c>probe</c>: one line of text over a Unix socket. Written by <see cref="ProbeSocket"/>.</summary>
/// <param name="IsLive">It is not to be started anew.</param>
/// <param name="IsReady">It serves its source's table, and is not about to end.</param>
/// <param name="Reason">Why not; empty when it is both.</param>
internal readonly record struct ProbeAnswer(bool IsLive, bool IsReady, string Reason)
{
    private const string Live = "live", Ready = "ready", Not = "not-";

    /// <summary>Until it is known what is served.</summary>
    public static ProbeAnswer Starting { get; } = new(true, false, "nothing is served yet");

    /// <summary>Of a process that another one has taken over from: it is not to be started anew, which would take over in turn.</summary>
    public static ProbeAnswer HandedOver { get; } = new(true, false, "another process has taken over");

    /// <summary>As <c>live not-ready REASON</c>.</summary>
    public override string ToString() => $"{(IsLive ? "" : Not)}{Live} {(IsReady ? "" : Not)}{Ready} {Reason}\n";

    /// <summary>False when it is none of ours.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ProbeAnswer? answer)
    {
        string[] words = text.TrimEnd('\n').Split(' ', 3);
        answer = words is [Live or Not + Live, Ready or Not + Ready, var reason] ? new(words[0] == Live, words[1] == Ready, reason) : null;
        return answer is not null;
    }
}
