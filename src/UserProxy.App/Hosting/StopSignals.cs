using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using UserProxy.Model;

namespace UserProxy.App.Hosting;

/// <summary>
/// SIGTERM and SIGINT as two tokens: the first signal asks to stop, the second ends everything at once, even a process that hangs.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    /// <summary>How long the orderly end may take after the second signal, before the process just exits.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    /// <summary>timeout(1) signals its child and then the whole group, so one wish arrives twice: what comes this soon is not a second one.</summary>
    private static readonly TimeSpan Echo = TimeSpan.FromMilliseconds(200);

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop;
    private readonly CancellationTokenSource _abort = new();
    private readonly ILogger _log;
    private readonly TimeSpan _drainTimeout;
    private readonly TimeProvider _time;
    private readonly Action<int> _exit;
    private PosixSignalRegistration[] _registrations = [];
    private ITimer? _lastResort;
    private long? _firstAt;

    internal StopSignals(ILogger log, TimeSpan drainTimeout, TimeProvider time, Action<int> exit, CancellationToken outer)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(outer);
        _log = log;
        _drainTimeout = drainTimeout;
        _time = time;
        _exit = exit;
    }

    public CancellationToken Stop => _stop.Token;

    public CancellationToken Abort => _abort.Token;

    /// <param name="log">Told of each signal.</param>
    /// <param name="drainTimeout">For the message only.</param>
    /// <param name="time">Drives the last resort.</param>
    /// <param name="outer">Stops as the first signal does; for tests and for commands that end by themselves.</param>
    public static StopSignals Listen(ILogger log, TimeSpan drainTimeout, TimeProvider time, CancellationToken outer)
    {
        var signals = new StopSignals(log, drainTimeout, time, Environment.Exit, outer);
        signals._registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, signals.Handle),
            PosixSignalRegistration.Create(PosixSignal.SIGINT, signals.Handle),
        ];
        return signals;
    }

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _lastResort?.Dispose();
        _stop.Dispose();
        _abort.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        Receive(context.Signal.ToString());
    }

    internal void Receive(string signal)
    {
        lock (_lock)
        {
            if (_firstAt is not { } firstAt) _firstAt = _time.GetTimestamp();
            else if (_lastResort is not null || _time.GetElapsedTime(firstAt) < Echo) return;
            else _lastResort = _time.CreateTimer(_ => _exit(ExitCode.Failed), null, Grace, Timeout.InfiniteTimeSpan);
        }

        if (_lastResort is null)
        {
            _log.Stopping(signal, GoDuration.Format(_drainTimeout));
            _stop.Cancel();
        }
        else
        {
            _log.Aborting(signal);
            _abort.Cancel();
        }
    }
}
