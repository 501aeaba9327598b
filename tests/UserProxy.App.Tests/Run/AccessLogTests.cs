using System.Net;
using System.Reflection;
using Microsoft.Extensions.Logging;
using UserProxy.App.Logging;
using UserProxy.Model;
using UserProxy.Serving;
using UserProxy.Udp;

namespace UserProxy.App.Tests.Run;

public sealed class AccessLogTests
{
    private static readonly ServicePortName Service = new("shop", "web", "", TransportProtocol.Tcp);
    private static readonly IPEndPoint Somewhere = new(IPAddress.Loopback, 1);

    private readonly Recorder _inner = new();

    public static TheoryData<EndReason> AbnormalEnds => [.. Enum.GetValues<EndReason>().Except([EndReason.ClientFin, EndReason.BackendFin])];

    public static TheoryData<SessionEnd> AbnormalSessionEnds => [.. Enum.GetValues<SessionEnd>().Except([SessionEnd.Idle, SessionEnd.Responses])];

    [Fact]
    public void Log_EveryOne_IsInformation()
    {
        var log = new AccessLog(_inner, oneOf: 1, new Draws());
        log.IsEnabled(LogLevel.Debug).ShouldBeTrue();

        End(log, EndReason.ClientFin.Name());
        EndSession(log, SessionEnd.Idle.Name());
        EndSession(log, SessionEnd.Refused.Name());

        _inner.Levels.ShouldBe([LogLevel.Information, LogLevel.Information, LogLevel.Information]);
    }

    [Fact]
    public void Log_OneOfMany_TakesThoseThatAreDrawn()
    {
        var log = new AccessLog(_inner, oneOf: 100, new Draws(99, 0, 1, 0));

        End(log, EndReason.ClientFin.Name());
        End(log, EndReason.BackendFin.Name());
        EndSession(log, SessionEnd.Idle.Name());
        EndSession(log, SessionEnd.Responses.Name());

        _inner.Levels.ShouldBe([LogLevel.Debug, LogLevel.Information, LogLevel.Debug, LogLevel.Information]);
    }

    [Theory]
    [MemberData(nameof(AbnormalEnds))]
    public void Log_AbnormalEnd_IsNeverLeftOut(EndReason reason)
    {
        End(new AccessLog(_inner, oneOf: 100, new Draws()), reason.Name());

        _inner.Levels.ShouldBe([LogLevel.Information]);
    }

    [Theory]
    [MemberData(nameof(AbnormalSessionEnds))]
    public void Log_AbnormalEndOfASession_IsNeverLeftOut(SessionEnd reason)
    {
        EndSession(new AccessLog(_inner, oneOf: 100, new Draws()), reason.Name());

        _inner.Levels.ShouldBe([LogLevel.Information]);
    }

    /// <summary>They are the same events with more to say.</summary>
    [Fact]
    public void Log_EndsThatWereToldOf_AreInformationAsTheOthers()
    {
        var log = new AccessLog(_inner, oneOf: 1, new Draws());

        Write(
            "ToldConnectionEnded", AccessLog.ToldConnectionEnded,
            [log, Service, Somewhere, Somewhere, Somewhere, "client_fin", 1L, 2L, 3.0, "10.0.0.5:1", "id", "10.0.0.6:1"]);
        Write("ToldSessionEnded", AccessLog.ToldSessionEnded, [log, Service, Somewhere, Somewhere, Somewhere, "idle", 1L, 2L, 3.0, "id"]);

        _inner.Levels.ShouldBe([LogLevel.Information, LogLevel.Information]);
    }

    [Fact]
    public void Log_OtherEvents_StayAsTheyAre()
    {
        var log = new AccessLog(_inner, oneOf: 1, new Draws());

        log.Log(LogLevel.Debug, new EventId(AccessLog.ConnectionEnded + 1), "text", null, (state, _) => state);
        log.Log(LogLevel.Error, new EventId(AccessLog.ConnectionEnded + 2), "text", null, (state, _) => state);

        _inner.Levels.ShouldBe([LogLevel.Debug, LogLevel.Error]);
    }

    // The core's own events, with their ids and field names.
    private static void End(ILogger log, string reason) =>
        Write("ConnectionEnded", AccessLog.ConnectionEnded, [log, Service, Somewhere, Somewhere, Somewhere, reason, 1L, 2L, 3.0]);

    private static void EndSession(ILogger log, string reason) =>
        Write("SessionEnded", AccessLog.SessionEnded, [log, Service, Somewhere, Somewhere, Somewhere, reason, 1L, 2L, 3.0]);

    private static void Write(string name, int id, object[] arguments)
    {
        var method = typeof(Proxier).Assembly.GetType("UserProxy.ProxyLog", throwOnError: true)!.GetMethod(name)!;
        method.GetCustomAttribute<LoggerMessageAttribute>()!.EventId.ShouldBe(id);
        method.Invoke(null, arguments);
    }

    /// <summary>Draws what it is told; asked for more it throws.</summary>
    private sealed class Draws(params int[] numbers) : Random
    {
        private readonly Queue<int> _numbers = new(numbers);

        public override int Next(int maxValue)
        {
            maxValue.ShouldBe(100);
            return _numbers.Dequeue();
        }
    }

    private sealed class Recorder : ILogger<Proxier>
    {
        public List<LogLevel> Levels { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Levels.Add(logLevel);
    }
}
