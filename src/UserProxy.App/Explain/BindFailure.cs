using UserProxy.Syncing;

namespace UserProxy.App.Explain;

/// <summary>
/// What a person can do where a listener cannot be bound, by the reason that it gives. <c>explain</c> and <c>inspect</c> say the same, so that neither sends
/// to the other for it. Only who has a port is left to <c>inspect</c>.
/// </summary>
internal static class BindFailure
{
    /// <summary>Null where another socket has the port, and nobody knows yet what to do about it.</summary>
    /// <param name="reason">Of the listener.</param>
    /// <param name="cure">Of the listener, with the reason; null from a process that does not tell it.</param>
    /// <param name="port">That it is to have.</param>
    public static string? StepFor(string? reason, string? cure, int port) => reason switch
    {
        _ when IsTaken(reason) => cure is { Length: > 0 } ? Clause(cure) : null,
        _ when Says(reason, "the address belongs to") => "one address and port are one Service's: give one of the two another",
        _ => BindCure.Of(reason, port) is { } known ? Clause(known) : "the log of userproxy says since when; it is tried again by itself",
    };

    public static bool IsTaken(string? reason) => Says(reason, "is taken");

    /// <summary>By a process that the proxy does not see: <c>inspect</c>, as root, may.</summary>
    public static bool IsHolderUnseen(string? reason) => IsTaken(reason) && Says(reason, "cannot be seen from here");

    /// <summary>By an endpoint of the Service, as it is meant to be.</summary>
    public static bool IsLeft(string? reason) => IsTaken(reason) && Says(reason, "to which it is left");

    private static string Clause(string sentence) => char.ToLowerInvariant(sentence[0]) + sentence[1..];

    private static bool Says(string? reason, string words) => reason?.Contains(words, StringComparison.Ordinal) is true;
}
