using System.Net.Sockets;
using UserProxy.Model;
using UserProxy.Tcp;

namespace UserProxy;

/// <summary>
/// The place of one wanted listener: running, or failed and due for another try. Changed by the Proxier's loop only; the status may be read
/// from any thread.
/// </summary>
internal sealed class ListenerSlot(ListenAddress address, ServicePortState service)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(2);

    private TimeSpan _retryAfter = FirstRetry;
    private volatile ServiceListener? _running;
    private volatile string? _failure;

    public ListenAddress Address { get; } = address;

    public ServicePortState Service { get; } = service;

    public bool IsRunning => _running is not null;

    public bool HasFailed => _running is null && _failure is not null;

    /// <summary>Timestamp of the next try, while it has failed.</summary>
    public long RetryAt { get; private set; }

    /// <summary>Set from the listener's own task when its accept loop ended without being asked to.</summary>
    public bool HasDied => _running is { Completion.IsCompleted: true };

    public ListenerStatus Status => new(
        Address,
        _running is not null ? ListenerState.Listening : _failure is not null ? ListenerState.Failed : ListenerState.Refusing,
        _running is not null ? null : _failure ?? "no usable endpoint");

    /// <summary>Tries to bind; true when it listens. A failure is logged once, until it changes.</summary>
    public async Task<bool> StartAsync(ConnectionServices services, Action whenDied)
    {
        try
        {
            var listener = await ServiceListener.StartAsync(Address, Service, services);
            _ = listener.Completion.ContinueWith(_ => whenDied(), TaskScheduler.Default);
            _running = listener;
            _failure = null;
            _retryAfter = FirstRetry;
            return true;
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            string reason = e is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } ? "the port is taken" : e.Message;
            if (_failure != reason) services.Log.BindFailed(Address.EndPoint, Service.Name, reason);
            _failure = reason;
            ScheduleRetry(services.Time, _retryAfter);
            _retryAfter = _retryAfter * 2 < LongestRetry ? _retryAfter * 2 : LongestRetry;
            return false;
        }
    }

    /// <summary>Closes the port after serving its queue; nothing happens when it does not run.</summary>
    public async Task StopAsync()
    {
        _failure = null;
        if (_running is not { } running) return;
        await running.StopAsync();
        _running = null;
    }

    /// <summary>Takes note of a dead accept loop, so that the next try binds again.</summary>
    public void Bury(ConnectionServices services)
    {
        services.Log.AcceptLoopDied(_running?.Completion.Exception?.InnerException, Address.EndPoint, Service.Name);
        _running = null;
        _failure = "the accept loop ended unexpectedly";
        ScheduleRetry(services.Time, FirstRetry);
    }

    private void ScheduleRetry(TimeProvider time, TimeSpan after) => RetryAt = time.GetTimestamp() + (long)(after.TotalSeconds * time.TimestampFrequency);
}
