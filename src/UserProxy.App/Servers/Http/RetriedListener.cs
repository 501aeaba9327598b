using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using UserProxy.Syncing;

namespace UserProxy.App.Servers.Http;

/// <summary>
/// One address of <see cref="HttpPorts"/> that is tried again while it cannot be had (every second while it is taken, else every 5 s), also after its accept
/// loop has died, unless a hard failure was asked for. Used by the health server, the metrics server and the admin server.
/// </summary>
/// <param name="ports">Where to listen.</param>
/// <param name="address">On what.</param>
/// <param name="what">What is answered there, for the log.</param>
/// <param name="answer">Answers.</param>
/// <param name="failure">What else follows a failure.</param>
/// <param name="log">Told once when the address cannot be had, and when it can.</param>
/// <param name="time">Drives the retries.</param>
/// <param name="flag">Moves it to another port, for whoever finds this one taken; null where it has none.</param>
internal sealed class RetriedListener(
    HttpPorts ports, EndPoint address, string what, RequestDelegate answer, OnBindFailure failure, ILogger log, TimeProvider time, string? flag = null)
    : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _keeping = Task.CompletedTask;
    private HttpPort? _port;
    private readonly KnownHolders _holders = new();
    private string? _failed;
    private volatile bool _isSpread;

    /// <summary>Listens when it returns, or says why not and goes on trying. False when a hard failure was asked for and the address cannot be had.</summary>
    public async Task<bool> StartAsync()
    {
        if (!ports.MayListen.IsCompleted)
        {
            _keeping = StartLaterAsync();
            return true;
        }

        if (!await TryAsync() && failure.EndProcess is not null) return false;
        _keeping = KeepAsync();
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _keeping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_port is { } port) await port.DisposeAsync();
        _stop.Dispose();
    }

    /// <summary>A predecessor answers there until then.</summary>
    private async Task StartLaterAsync()
    {
        await ports.MayListen.WaitAsync(_stop.Token);
        if (!await TryAsync() && failure.EndProcess is { } endProcess) endProcess();
        else await KeepAsync();
    }

    /// <summary>Until it is disposed of, or a hard failure.</summary>
    private async Task KeepAsync()
    {
        while (true)
        {
            if (_port is { } port)
            {
                await EndOfAsync(port);
                if (failure.EndProcess is { } endProcess)
                {
                    endProcess();
                    return;
                }
            }

            do
            {
                // After a death, too: what dies at each client must not take a processor.
                await Task.Delay(HttpPorts.RetryAfter(_failed == HttpPorts.Taken), time, _stop.Token);
            }
            while (!await TryAsync());

            if (!_isSpread) log.HttpBound(what, address);
        }
    }

    /// <summary>Waits until nobody accepts any more, which nobody has asked for; says so and closes the port.</summary>
    private async Task EndOfAsync(HttpPort port)
    {
        Exception? cause = null;
        try
        {
            await port.Completion.WaitAsync(_stop.Token);
        }
        catch (Exception exception) when (!_stop.IsCancellationRequested)
        {
            cause = exception;
        }

        // Closed now, so that whoever asks is refused at once, and somebody else may have the port.
        _port = null;
        await port.DisposeAsync();
        if (failure.EndProcess is null) log.HttpPortDied(cause, what, address);
        else log.RequiredHttpPortDied(cause, what, address);
        failure.ReportAt(address, $"{what} are no longer answered on {address}: the accept loop ended unexpectedly");
    }

    /// <summary>Listens, or says why not, unless that has been said.</summary>
    private async Task<bool> TryAsync()
    {
        string? failed = await TryListenAsync();
        bool isNews = failed != _failed;
        _failed = failed;
        if (failed is null)
        {
            _holders.Clear();
            if (!_isSpread) failure.SetIssue(address, null);
            return true;
        }

        if (failed == HttpPorts.Taken && address is IPEndPoint at) isNews |= (await ports.NameTakersAsync((_holders, [at]))).Count > 0;
        string cure = (_holders.Cure ?? BindCure.Of(failed, (address as IPEndPoint)?.Port ?? 0)) is { } known ? $". {known}" : "";
        if (failed == HttpPorts.Taken && flag is not null) cure += $". {flag} moves the {what} of userproxy";
        if (isNews) ReportFailed(failed == HttpPorts.Taken ? $"{HttpPorts.TakenBy(_holders)}{cure}" : $"{failed}{cure}");
        return false;
    }

    private void ReportFailed(string reason)
    {
        if (failure.EndProcess is null) log.HttpBindFailed(what, address, reason);
        else log.HttpBindRequired(what, address, reason);
        failure.ReportAt(address, $"{what} cannot be answered on {address}: {reason}");
    }

    /// <summary>The addresses that can be had are answered; null: all are again.</summary>
    private void ReportHeld(string? reason)
    {
        _isSpread = reason is not null;
        if (reason is null)
        {
            failure.SetIssue(address, null);
            log.HttpBound(what, address);
            return;
        }

        log.HttpSpread(what, address, reason);
        failure.ReportAt(address, $"{what} are answered on the other addresses of {address} only: {reason}");
    }

    /// <summary>Why not; null when it listens.</summary>
    private async Task<string?> TryListenAsync()
    {
        _isSpread = false;
        try
        {
            _port = await ports.ListenAsync(address, answer, failure.EndProcess is null ? ReportHeld : null, nodesOwn: true);
            return null;
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            return e.Message;
        }
    }
}
