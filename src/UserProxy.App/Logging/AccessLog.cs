using Microsoft.Extensions.Logging;
using UserProxy.Serving;
using UserProxy.Udp;

namespace UserProxy.App.Logging;

/// <summary>
/// The Proxier's log with the end of connections and sessions lifted from Debug to Information: what <c>--access-log</c> is. Ordinary ends may be sampled,
/// the others never are. Other debug events stay as they are, which a filter by category could not do.
/// </summary>
/// <param name="log">The Proxier's.</param>
/// <param name="oneOf">Of so many ordinary ends one is lifted, on average; 1 is each.</param>
/// <param name="random">Draws them: a count would meet the rhythm of what is counted (two clients in turn, say). From any thread.</param>
internal sealed class AccessLog(ILogger<Proxier> log, int oneOf, Random random) : ILogger<Proxier>
{
    /// <summary>ConnectionEnded and SessionEnded of the core's ProxyLog; a test holds them together.</summary>
    internal const int ConnectionEnded = 300, SessionEnded = 310;

    /// <summary>The same of those that have a load balancer or a unique id to tell.</summary>
    internal const int ToldConnectionEnded = 303, ToldSessionEnded = 312;

    /// <summary>A connection is over when both sides have said so, a session when nothing more comes.</summary>
    private static readonly string[] OrdinaryOfTcp = [EndReason.ClientFin.Name(), EndReason.BackendFin.Name()],
        OrdinaryOfUdp = [SessionEnd.Idle.Name(), SessionEnd.Responses.Name()];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => log.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => logLevel == LogLevel.Debug || log.IsEnabled(logLevel);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        log.Log(IsLifted(eventId.Id, state) ? LogLevel.Information : logLevel, eventId, state, exception, formatter);

    private bool IsLifted<TState>(int id, TState state) => id switch
    {
        ConnectionEnded or ToldConnectionEnded => oneOf == 1 || !OrdinaryOfTcp.Contains(ReasonOf(state)) || random.Next(oneOf) == 0,
        SessionEnded or ToldSessionEnded => oneOf == 1 || !OrdinaryOfUdp.Contains(ReasonOf(state)) || random.Next(oneOf) == 0,
        _ => false,
    };

    private static string? ReasonOf<TState>(TState state)
    {
        if (state is not IReadOnlyList<KeyValuePair<string, object?>> fields) return null;
        for (int i = 0; i < fields.Count; i++)
        {
            if (fields[i] is { Key: "Reason", Value: string reason }) return reason;
        }

        return null;
    }
}
