using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace UserProxy.App.Health;

/// <summary>One address of <see cref="HttpPorts"/> that is tried again every 5 s while it cannot be had. Used by the health server and the metrics server.</summary>
/// <param name="ports">Where to listen.</param>
/// <param name="address">On what.</param>
/// <param name="what">What is answered there, for the log.</param>
/// <param name="answer">Answers.</param>
/// <param name="log">Told once when the address cannot be had, and when it can.</param>
/// <param name="time">Drives the retries.</param>
internal sealed class RetriedListener(HttpPorts ports, IPEndPoint address, string what, RequestDelegate answer, ILogger log, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private Task _retrying = Task.CompletedTask;
    private IAsyncDisposable? _listener;

    /// <summary>False when the address cannot be had now; it has been logged, and <see cref="KeepTrying"/> may follow.</summary>
    public async Task<bool> TryStartAsync()
    {
        if (await TryListenAsync() is not { } reason) return true;
        log.HttpBindFailed(what, address, reason);
        return false;
    }

    public void KeepTrying() => _retrying = RetryAsync();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _retrying.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_listener is { } listener) await listener.DisposeAsync();
        _stop.Dispose();
    }

    private async Task RetryAsync()
    {
        do
        {
            await Task.Delay(RetryAfter, time, _stop.Token);
        }
        while (await TryListenAsync() is not null); // said when it failed first

        log.HttpBound(what, address);
    }

    /// <summary>Why not; null when it listens.</summary>
    private async Task<string?> TryListenAsync()
    {
        try
        {
            _listener = await ports.ListenAsync(address, answer);
            return null;
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            return e.Message;
        }
    }
}
