using Microsoft.Extensions.Logging;

namespace UserProxy.App.Hosting;

/// <summary>
/// The Proxier's log with the end of each connection and session lifted from Debug to Information: what <c>--access-log</c> is. Other debug events stay
/// as they are, which a filter by category could not do.
/// </summary>
internal sealed class AccessLog(ILogger<Proxier> log) : ILogger<Proxier>
{
    /// <summary>ConnectionEnded and SessionEnded of the core's ProxyLog; a test holds them together.</summary>
    internal const int ConnectionEnded = 300, SessionEnded = 310;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => log.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => logLevel == LogLevel.Debug || log.IsEnabled(logLevel);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        log.Log(eventId.Id is ConnectionEnded or SessionEnded ? LogLevel.Information : logLevel, eventId, state, exception, formatter);
}
