using System.Net;
using System.Net.Sockets;
using UserProxy.Model;
using UserProxy.Serving;
using UserProxy.Tcp;
using UserProxy.Udp;

namespace UserProxy;

/// <summary>
/// The place of one address and port that is declared: who owns it, what its listener is to do, and the listener, running or due for another try.
/// Changed by the Proxier's loop only, through the <see cref="SlotTable"/>; the status may be read from any thread.
/// </summary>
internal sealed class ListenerSlot(TransportProtocol protocol, IPEndPoint endPoint)
{
    private static readonly Task<IReadOnlyList<SessionStatus>> NoSessions = Task.FromResult<IReadOnlyList<SessionStatus>>([]);

    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(200);

    /// <summary>A taken port may be free at any time; what else stands in the way (a privilege, mostly) stays for longer.</summary>
    private static readonly TimeSpan LongestRetryForTaken = TimeSpan.FromSeconds(2), LongestRetry = TimeSpan.FromSeconds(30);

    /// <summary>In the order in which they may have it; almost always one.</summary>
    private readonly List<ListenerClaim> _claims = new(1);

    private TimeSpan _retryAfter = FirstRetry;
    private volatile ListenerClaim? _owner;
    private volatile ListenerPlan? _plan;
    private volatile IServiceListener? _running;
    private volatile string? _failure;

    public TransportProtocol Protocol { get; } = protocol;

    public IPEndPoint EndPoint { get; } = endPoint;

    public ListenerClaim? Owner => _owner;

    public ListenerPlan? Plan => _plan;

    /// <summary>Whose clients the running listener takes; null when none runs.</summary>
    public ServicePortName? ServedService => _running?.Service.Name;

    public bool IsRunning => _running is not null;

    /// <summary>It is in LISTEN for this service port, and not for another that declares the address too. From any thread.</summary>
    public bool IsRunningFor(ServicePortState service, ListenerKind kind) => _running is { } running && running.Service == service && running.Address.Kind == kind;

    /// <summary>The accept queue of the listener; null when none runs or the system does not tell. From any thread.</summary>
    public AcceptQueue? ReadQueue() => _running?.ReadQueue();

    /// <summary>As <see cref="IServiceListener.Turns"/>; 0 when none runs.</summary>
    public long ReadTurns() => _running?.Turns ?? 0;

    /// <summary>The UDP sessions of the running listener. From any thread.</summary>
    public Task<IReadOnlyList<SessionStatus>> CopySessionsAsync() => _running is UdpServiceListener udp ? udp.CopySessionsAsync() : NoSessions;

    /// <summary>Datagrams that the kernel has discarded for this listener; null for TCP, or when it does not say. From any thread.</summary>
    public long? ReadKernelDrops() => _running is UdpServiceListener udp ? udp.KernelDrops : null;

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

        if (_plan is not { Listens: true } plan) return new(address, _plan?.State ?? ListenerState.Refusing, _plan?.Reason);
        if (_running is not { } running)
        {
            return _failure is { } failure ? new(address, ListenerState.Failed, failure) : new(address, ListenerState.Refusing, "about to be bound");
        }

        return plan.State == ListenerState.Dropping && !running.IsFiltered
            ? new(address, ListenerState.Refusing, $"{plan.Reason}; reset instead of dropped, as the kernel does not filter")
            : new(address, plan.State, plan.Reason, running.ReadQueue());
    }

    /// <summary>Tries to bind; null when it listens, else why not, and whether that is news.</summary>
    public async Task<(string Reason, bool IsNew)?> StartAsync(ListenerFactory listeners, ConnectionServices services, Action<ListenerSlot> whenDied)
    {
        var owner = _owner!;
        var address = new ListenAddress(owner.Kind, EndPoint.Address, EndPoint.Port);
        try
        {
            var listener = await listeners.StartAsync(address, owner.State, AdmissionNow(services));
            _running = listener;
            _ = listener.Completion.ContinueWith(_ => whenDied(this), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            _failure = null;
            _retryAfter = FirstRetry;
            return null;
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            bool taken = e is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse };
            string reason = taken ? "the port is taken" : e.Message;
            bool isNew = _failure != reason;
            _failure = reason;
            ScheduleRetry(services.Time, _retryAfter);
            var longest = taken ? LongestRetryForTaken : LongestRetry;
            _retryAfter = _retryAfter * 2 < longest ? _retryAfter * 2 : longest;
            return (reason, isNew);
        }
    }

    /// <summary>An endpoint has left the service port.</summary>
    public void EndpointsChanged() => _running?.EndpointsChanged();

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
        running.Service.Counters.CountAcceptLoopDeath();
        services.Log.AcceptLoopDied(running.Completion.Exception?.InnerException, EndPoint, running.Service.Name);
        _running = null;
        _failure = "the accept loop ended unexpectedly";
        ScheduleRetry(services.Time, FirstRetry);
    }

    private Admission? AdmissionNow(ConnectionServices services) => _plan!.ToAdmission(EndPoint.Address, services.Own.Scope);

    private void ScheduleRetry(TimeProvider time, TimeSpan after) => RetryAt = time.GetTimestamp() + (long)(after.TotalSeconds * time.TimestampFrequency);
}
