using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using UserProxy.App.CommandLine;
using UserProxy.Linux.Host;
using UserProxy.Model;

namespace UserProxy.App.Run;

/// <summary>
/// SIGTERM, SIGINT and SIGQUIT as two tokens: the first signal asks to stop, the second ends everything at once, even a process that hangs. A service manager
/// asks for a restart by SIGUSR2. Others whose default would end the process (signal(7)) are said and change nothing: scripts send them by habit, and they
/// would reset every connection.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    /// <summary>For the orderly end after the second signal, before the process just exits; for a command that only prints, after the first.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    /// <summary>timeout(1) signals its child and then the whole group, so one wish arrives twice: what comes this soon is not a second one.</summary>
    private static readonly TimeSpan Echo = TimeSpan.FromMilliseconds(200);

    /// <summary>For connections that end soon: new clients wait meanwhile in queues that nobody accepts from.</summary>
    private static readonly TimeSpan LongestRestart = TimeSpan.FromSeconds(1);

    private const PosixSignal RestartSignal = (PosixSignal)12;

    /// <summary>.NET has no names for these, and takes the numbers of the system: those of x86-64 and arm64 (signal(7)).</summary>
    private static readonly (PosixSignal Number, string Name)[] Linux =
    [
        ((PosixSignal)10, "SIGUSR1"), ((PosixSignal)14, "SIGALRM"), ((PosixSignal)26, "SIGVTALRM"), ((PosixSignal)27, "SIGPROF"),
            ((PosixSignal)29, "SIGIO"),
        ((PosixSignal)24, "SIGXCPU"), ((PosixSignal)30, "SIGPWR"), ((PosixSignal)16, "SIGSTKFLT"), ((PosixSignal)21, "SIGTTIN"), ((PosixSignal)22, "SIGTTOU"),
    ];

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop;
    private readonly CancellationTokenSource _abort = new();
    private readonly ILogger _log;
    private readonly TimeSpan _drainTimeout;
    private readonly TimeProvider _time;
    private readonly Action<int> _exit;
    private readonly Func<bool>? _keepsPorts;
    private readonly bool _onlyPrints;
    private PosixSignalRegistration[] _registrations = [];
    private ITimer? _lastResort, _restartLimit, _printLimit;
    private long? _firstAt;

    internal StopSignals(
        ILogger log, TimeSpan drainTimeout, TimeProvider time, Action<int> exit, CancellationToken outer, Func<bool>? keepsPorts = null,
        bool onlyPrints = false)
    {
        _keepsPorts = keepsPorts;
        _onlyPrints = onlyPrints;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(outer);
        _log = log;
        _drainTimeout = drainTimeout;
        _time = time;
        _exit = exit;
    }

    public CancellationToken Stop => _stop.Token;

    public CancellationToken Abort => _abort.Token;

    /// <summary>The next process takes up what listens, which the service manager keeps: nothing is closed for good. Before <see cref="Stop"/>.</summary>
    public bool IsRestart { get; private set; }

    /// <param name="log">Told of each signal.</param>
    /// <param name="drainTimeout">For the message only.</param>
    /// <param name="time">Drives the last resort.</param>
    /// <param name="outer">Stops as the first signal does; for tests and for commands that end by themselves.</param>
    /// <param name="hangupStops">SIGHUP asks to stop too: for commands that live in a terminal, and end with it.</param>
    /// <param name="keepsPorts">
    /// Whether the service manager keeps what listens, so that SIGUSR2 is a restart, else a stop; null without a manager, where that signal is ignored.
    /// </param>
    /// <param name="onlyPrints">The process exits soon after the first signal: whoever reads its output may have stopped to, and no write comes back.</param>
    public static StopSignals Listen(
        ILogger log, TimeSpan drainTimeout, TimeProvider time, CancellationToken outer, bool hangupStops = false, Func<bool>? keepsPorts = null,
        bool onlyPrints = false)
    {
        if (OperatingSystem.IsLinux()) InheritedSignals.RestoreTermination();
        var signals = new StopSignals(log, drainTimeout, time, Environment.Exit, outer, keepsPorts, onlyPrints);
        signals._registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, signals.Handle),
            PosixSignalRegistration.Create(PosixSignal.SIGINT, signals.Handle),
            PosixSignalRegistration.Create(PosixSignal.SIGQUIT, signals.Handle),
            .. OperatingSystem.IsLinux() ? [PosixSignalRegistration.Create(RestartSignal, signals.Restart)] : Array.Empty<PosixSignalRegistration>(),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, hangupStops ? signals.Handle : context => signals.Ignore(context, "SIGHUP")),
            .. OperatingSystem.IsLinux()
            ? Linux.Select(signal => PosixSignalRegistration.Create(signal.Number, context => signals.Ignore(context, signal.Name)))
            : [],
        ];
        return signals;
    }

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _lastResort?.Dispose();
        _restartLimit?.Dispose();
        _printLimit?.Dispose();
        _stop.Dispose();
        _abort.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        Receive(context.Signal.ToString());
    }

    private void Ignore(PosixSignalContext context, string name)
    {
        context.Cancel = true;
        _log.SignalIgnored(name);
    }

    private void Restart(PosixSignalContext context)
    {
        context.Cancel = true;
        ReceiveRestart();
    }

    internal void ReceiveRestart()
    {
        const string Name = "SIGUSR2";
        if (_keepsPorts is { } keepsPorts) Receive(Name, isRestart: keepsPorts());
        else _log.SignalIgnored(Name);
    }

    internal void Receive(string signal, bool isRestart = false)
    {
        lock (_lock)
        {
            if (_firstAt is not { } firstAt)
            {
                _firstAt = _time.GetTimestamp();
                IsRestart = isRestart;
            }
            else if (_lastResort is not null || _time.GetElapsedTime(firstAt) < Echo) return;
            else _lastResort = _time.CreateTimer(_ => _exit(ExitCode.Failed), null, Grace, Timeout.InfiniteTimeSpan);
        }

        if (_lastResort is null && IsRestart)
        {
            _log.Restarting(signal, GoDuration.Format(LongestRestart));
            _restartLimit = _time.CreateTimer(_ => EndRestart(), null, LongestRestart, Timeout.InfiniteTimeSpan);
            _stop.Cancel();
        }
        else if (_lastResort is null)
        {
            _log.Stopping(signal, GoDuration.Format(_drainTimeout));
            if (_onlyPrints) _printLimit = _time.CreateTimer(_ => _exit(ExitCode.Done), null, Grace, Timeout.InfiniteTimeSpan);
            _stop.Cancel();
        }
        else
        {
            _log.Aborting(signal);
            _abort.Cancel();
        }
    }

    private void EndRestart()
    {
        try
        {
            _abort.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // All has ended in just that moment.
        }
    }
}
