using System.Reflection;
using Microsoft.Extensions.Logging;
using UserProxy.App.Hosting;

namespace UserProxy.App.Tests.Hosting;

public sealed class AccessLogTests
{
    [Theory]
    [InlineData("ConnectionEnded", AccessLog.ConnectionEnded)]
    [InlineData("SessionEnded", AccessLog.SessionEnded)]
    public void Ended_IsTheEventOfTheCore(string name, int id) =>
        typeof(Proxier).Assembly.GetType("UserProxy.ProxyLog", throwOnError: true)!
            .GetMethod(name)!.GetCustomAttribute<LoggerMessageAttribute>()!.EventId.ShouldBe(id);

    [Theory]
    [InlineData(AccessLog.ConnectionEnded, LogLevel.Information)]
    [InlineData(AccessLog.SessionEnded, LogLevel.Information)]
    [InlineData(AccessLog.ConnectionEnded + 1, LogLevel.Debug)]
    public void Log_DebugEvents_OnlyTheEndOfAConnectionIsRaised(int id, LogLevel expected)
    {
        var inner = new Recorder();
        var log = new AccessLog(inner);

        log.IsEnabled(LogLevel.Debug).ShouldBeTrue();
        log.Log(LogLevel.Debug, new EventId(id), "text", null, (state, _) => state);

        inner.Levels.ShouldBe([expected]);
    }

    private sealed class Recorder : ILogger<Proxier>
    {
        public List<LogLevel> Levels { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Levels.Add(logLevel);
    }
}
