using System.Net;
using System.Net.Sockets;
using UserProxy.Model;
using UserProxy.Tcp;

namespace UserProxy;

/// <summary>
/// The place of one address and port that is declared: who owns it, what its listener is to do, and the listener, running or due for another try.
/// Changed by the Proxier's loop only, through the <see cref="SlotTable"/>; the status may be read from any thread.
/// </summary>
internal sealed class ListenerSlot(IPEndPoint endPoint)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(2);

    /// <summary>In the order in which they may have it; almost always one.</summary>
    private readonly List<ListenerClaim> _claims = new(1);

    private TimeSpan _retryAfter = FirstRetry;
    private volatile ListenerClaim? _owner;
    private volatile ListenerPlan? _plan;
    private volatile ServiceListener? _running;
    private volatile string? _failure;

    public IPEndPoint EndPoint { get; } = endPoint;

    public ListenerClaim? Owner => _owner;

    public ListenerPlan? Plan => _plan;

    public bool IsRunning => _running is not null;

    /// <summary>It runs where it should not: unwanted, or for a service port that has lost the address.</summary>
    public bool MustStop => _running is { } running
        && (_owner is not { } owner || _plan is not { Listens: true } || running.Service != owner.State || running.Address.Kind != owner.Kind);

    public bool MustStart => _running is null && _owner is not null && _plan is { Listens: true };

    public bool HasFailed => _failure is not null;

    /// <summary>Set from the listener's own task when its accept loop ended without being asked to.</summary>
    public bool HasDied => _running is { Completion.IsCompleted: true };

    /// <summary>Timestamp of the next try, while it has failed.</summary>
    public long RetryAt { get; private set; }

    public bool HasClaim(ServiceEntry entry, ListenerKind kind) => _claims.Exists(claim => claim.Entry == entry && claim.Kind == kind);

    public void AddClaim(ListenerClaim claim)
    {
        int place = _claims.FindIndex(claim.Precedes);
        _claims.Insert(place < 0 ? _claims.Count : place, claim);
        _owner = _claims[0];
    }

    public void RemoveClaim(ServiceEntry entry, ListenerKind kind)
    {
        _claims.RemoveAll(claim => claim.Entry == entry && claim.Kind == kind);
        _owner = _claims.Count > 0 ? _claims[0] : null;
    }

    /// <summary>Decides again what the listener is to do; it is then brought in line by stop, start or <see cref="Admit"/>.</summary>
    public void MakePlan() => _plan = _owner is { } owner ? ListenerPlan.For(owner.Entry.Declared, owner.Kind) : null;

    public ListenerStatus StatusFor(ServiceEntry entry, ListenAddress address)
    {
        if (_owner is not { } owner || owner.Entry != entry || owner.Kind != address.Kind)
        {
            return new(address, ListenerState.Failed, $"the address belongs to {_owner?.State.Name.ToString() ?? "nobody yet"}");
        }

        var plan = _plan;
        if (_running is null && _failure is { } failure && plan is { Listens: true }) return new(address, ListenerState.Failed, failure);
        return new(address, plan?.State ?? ListenerState.Refusing, plan?.Reason);
    }

    /// <summary>Tries to bind; true when it listens. A failure is logged once, until it changes.</summary>
    public async Task<bool> StartAsync(ConnectionServices services, Action<ListenerSlot> whenDied, Action<ServiceProblem> report)
    {
        var owner = _owner!;
        var address = new ListenAddress(owner.Kind, EndPoint.Address, EndPoint.Port);
        try
        {
            var listener = await ServiceListener.StartAsync(address, owner.State, AdmissionNow(services), services);
            _running = listener;
            _ = listener.Completion.ContinueWith(_ => whenDied(this), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            _failure = null;
            _retryAfter = FirstRetry;
            return true;
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            string reason = e is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } ? "the port is taken" : e.Message;
            if (_failure != reason)
            {
                services.Log.BindFailed(EndPoint, owner.State.Name, reason);
                report(new ServiceProblem(owner.State.Name, ServiceProblem.ListenFailed, $"cannot listen on {EndPoint} ({owner.Kind}): {reason}; trying again"));
            }

            _failure = reason;
            ScheduleRetry(services.Time, _retryAfter);
            _retryAfter = _retryAfter * 2 < LongestRetry ? _retryAfter * 2 : LongestRetry;
            return false;
        }
    }

    /// <summary>Has the running listener let in whom the plan says. True when the kernel could not be told and resets take its place.</summary>
    public bool Admit(ConnectionServices services)
    {
        if (_running is not { } running) return false;
        var admission = AdmissionNow(services);
        if (!Equals(admission, running.Admission)) running.SetAdmission(admission);
        return admission is not null && !running.IsFiltered;
    }

    /// <summary>Closes the port after serving its queue; nothing happens when it does not run.</summary>
    public async Task StopAsync()
    {
        ForgetFailure();
        if (_running is not { } running) return;
        await running.StopAsync();
        _running = null;
    }

    /// <summary>Nobody waits for it any more, or somebody else does.</summary>
    public void ForgetFailure()
    {
        _failure = null;
        _retryAfter = FirstRetry;
    }

    /// <summary>Takes note of a dead accept loop, so that the next try binds again.</summary>
    public void Bury(ConnectionServices services)
    {
        if (_running is not { } running) return;
        services.Log.AcceptLoopDied(running.Completion.Exception?.InnerException, EndPoint, running.Service.Name);
        _running = null;
        _failure = "the accept loop ended unexpectedly";
        ScheduleRetry(services.Time, FirstRetry);
    }

    private Admission? AdmissionNow(ConnectionServices services) => _plan!.ToAdmission(EndPoint.Address, services.Own.Scope);

    private void ScheduleRetry(TimeProvider time, TimeSpan after) => RetryAt = time.GetTimestamp() + (long)(after.TotalSeconds * time.TimestampFrequency);
}
