using System.Net;
using System.Net.Sockets;
using UserProxy.Counting;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Reading;
using UserProxy.Serving;
using UserProxy.Tcp;
using UserProxy.Udp;

namespace UserProxy.Syncing;

/// <summary>
/// The place of one address and port that is declared: who owns it, what its listener is to do, and the listener, running or due for another try.
/// Changed by the Proxier's loop only, through the <see cref="SlotTable"/>; the status may be read from any thread.
/// </summary>
internal sealed class ListenerSlot(TransportProtocol protocol, IPEndPoint endPoint, NodeNetwork network)
{
    private static readonly Task<IReadOnlyList<SessionStatus>> NoSessions = Task.FromResult<IReadOnlyList<SessionStatus>>([]);

    private const string Taken = "the port is taken";
    private const string AboutToBeLeft = "about to be bound, when the process that hands over has closed the port";

    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(200);

    /// <summary>Where the port is not taken: what stands in the way (a privilege, mostly) stays for longer.</summary>
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(30);

    /// <summary>In the order in which they may have it; almost always one.</summary>
    private readonly List<ListenerClaim> _claims = new(1);

    private readonly KnownHolders _holders = new();
    private readonly HostBackends _hostBackends = new();
    private TimeSpan _retryAfter = FirstRetry;
    private volatile bool _isOver;
    private volatile ListenerClaim? _owner;
    private volatile ListenerPlan? _plan;
    private volatile IServiceListener? _running;
    private volatile string? _failure;
    private volatile bool _waits;

    public TransportProtocol Protocol { get; } = protocol;

    public IPEndPoint EndPoint { get; } = endPoint;

    public ListenerClaim? Owner => _owner;

    public ListenerPlan? Plan => _plan;

    /// <summary>Whose clients the running listener takes; null when none runs.</summary>
    public ServicePortName? ServedService => _running?.Service.Name;

    public bool IsRunning => _running is not null;

    /// <summary>The accept queue of the listener; null when none runs or the system does not tell. From any thread.</summary>
    public AcceptQueue? ReadQueue() => _running?.ReadQueue();

    /// <summary>As <see cref="IServiceListener.Turns"/>; 0 when none runs.</summary>
    public long ReadTurns() => _running?.Turns ?? 0;

    /// <summary>The UDP sessions of the running listener. From any thread.</summary>
    public Task<IReadOnlyList<SessionStatus>> CopySessionsAsync() => _running switch
    {
        UdpServiceListener udp => udp.CopySessionsAsync(),
        SpreadListener spread => spread.CopySessionsAsync(),
        _ => NoSessions,
    };

    /// <summary>It runs where it should not: unwanted, for a service port that has lost the address, or where a host backend is to listen.</summary>
    public bool MustStop => _running is { } running
        && (_owner is not { } owner || _plan is not { Listens: true } || running.Service != owner.State || running.Address.Kind != owner.Kind
            || MustStepAside);

    /// <summary>Why, for the log.</summary>
    public string StopReason =>
        _plan?.Reason ?? (_owner is not null && MustStepAside ? "an endpoint listens at this number itself, and its address is left to it"
            : "no longer declared by the Service that had it");

    public bool MustStart => _running is null && _owner is not null && _plan is { Listens: true };

    /// <summary>The wildcard is held by somebody at one address, and the others are served apart.</summary>
    public bool IsSpread => _running is SpreadListener { IsWhole: false };

    /// <summary>It has parts: it is to be looked at them from time to time.</summary>
    public bool HasParts => _running is SpreadListener;

    /// <summary>One socket has all addresses, and one of them is to be left to an endpoint that has come back.</summary>
    private bool MustStepAside => _running is not null and not SpreadListener { IsWhole: false } && FindLeft().Count > 0;

    /// <summary>Somebody else has the port, on all addresses or on some.</summary>
    public bool IsTaken => IsSpread || _failure == Taken;

    /// <summary>A predecessor may have the port still, and is about to close it: nothing is wrong yet.</summary>
    public bool Waits => _waits;

    /// <summary>What is wrong with it, in a sentence without the address; null when it is served as a whole.</summary>
    public string? Problem =>
        _waits ? null
        : IsSpread ? $"served on each other address of the node, as {Taken} by {HeldBy ?? "somebody else on one of them"}"
        : _failure == Taken && HeldBy is { } holders ? $"{Taken} by {holders}"
        : _failure;

    /// <summary>Null when nobody knows.</summary>
    private string? HeldBy => _hostBackends.Names is { } endpoints
        ? $"{(_holders.Names is { } names ? $"{names}, which is " : "")}endpoint {endpoints}, to which it is left"
        : _holders.Names;

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

    /// <param name="entry">Whose listener it is to be.</param>
    /// <param name="address">As it declares it.</param>
    /// <param name="asksKernel">Of the queue and the drops.</param>
    public ListenerReading ReadFor(ServiceEntry entry, ListenAddress address, bool asksKernel)
    {
        if (_owner is not { } owner || owner.Entry != entry || owner.Kind != address.Kind)
        {
            return new(address, ListenerState.Failed, $"the address belongs to {_owner?.State.Name.ToString() ?? "nobody yet"}");
        }

        if (_running is not { } running || running.Service != entry.State || running.Address.Kind != address.Kind) return StateWithoutListener(address);
        var (queue, drops) = asksKernel ? (running.ReadQueue(), running.KernelDrops) : (null, null);
        var unasked = asksKernel ? null : running;
        return _plan switch
        {
            { Listens: true, State: ListenerState.Dropping } plan when !running.IsFiltered => Of(
                ListenerState.Refusing, $"{plan.Reason}; reset instead of dropped, as the kernel does not filter"),
            { Listens: true, Reason: null } plan => Of(plan.State, Problem) with { Cure = Cure },
            { Listens: true } plan => Of(plan.State, plan.Reason),
            var plan => Of(plan?.State ?? ListenerState.Refusing, plan?.Reason),
        };

        ListenerReading Of(ListenerState state, string? reason) => new(address, state, reason, Listens: true, queue, drops) { Unasked = unasked };
    }

    private ListenerReading StateWithoutListener(ListenAddress address)
    {
        if (_plan is not { Listens: true }) return new(address, _plan?.State ?? ListenerState.Refusing, _plan?.Reason);
        if (Problem is { } problem) return new(address, ListenerState.Failed, problem) { Cure = Cure };
        return new(address, ListenerState.Refusing, _isOver ? "this proxy is stopping" : _waits ? AboutToBeLeft : "about to be bound");
    }

    /// <summary>
    /// Tries to bind. A wildcard that somebody holds at one address is bound on the others. False when nothing listens; <paramref name="isNews"/> is told when
    /// the reason is a new one.
    /// </summary>
    /// <param name="listeners">Starts them.</param>
    /// <param name="services">Clock and scope.</param>
    /// <param name="readAddresses">The node's, for a wildcard that is taken.</param>
    /// <param name="whenDied">Told from the listener's own task.</param>
    /// <param name="isNews">Called when it is served no longer, or not on all addresses, or for another reason than before.</param>
    public async Task<bool> StartAsync(
        ListenerFactory listeners, ConnectionServices services, Func<Task<IReadOnlyList<IPAddress>>> readAddresses, Action<ListenerSlot> whenDied,
        Action<ListenerSlot> isNews)
    {
        var (address, service, admission) = (AddressOf(_owner!), _owner!.State, AdmissionNow(services));
        var left = FindLeft();
        // Before the try: what is closed in between is tried once more, and what is not is told of.
        bool isBeingLeft = !services.Shared.Left.IsCompleted;
        var (listener, reason) = left.Count > 0 ? (null, Taken) : await TryListenAsync();
        if (listener is not null)
        {
            Run(listener, whenDied);
            ClearFailure();
            return true;
        }

        if (reason == Taken && address.IsWildcard && !left.Any(WildcardAddress.IsWildcard)
            && await SpreadListener.TryStartAsync(address, service, admission, listeners, (await readAddresses()).Except(left)) is { } spread)
        {
            Run(spread, whenDied);
            ClearFailure();
            _waits = isBeingLeft;
            if (!_waits) isNews(this);
            return true;
        }

        bool isUntold = _failure != reason || _waits;
        _waits = isBeingLeft && reason == Taken;
        if (isUntold)
        {
            _failure = reason;
            _holders.Clear();
            if (!_waits) isNews(this);
        }

        ScheduleRetry(services.Time, _retryAfter);
        // While a predecessor has it, it is looked at often, which says nothing of how long a stranger keeps it.
        if (!isBeingLeft) _retryAfter = _retryAfter.Doubled(reason == Taken ? network.LongestRetry : LongestRetry);
        return false;

        async Task<(IServiceListener? Listener, string Reason)> TryListenAsync()
        {
            try
            {
                return (await listeners.StartAsync(address, service, admission), "");
            }
            catch (Exception e) when (e is SocketException or IOException)
            {
                return (null, e is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } ? Taken : e.Message);
            }
        }
    }

    /// <summary>
    /// Keeps the parts up to date. They follow the node's addresses until nobody else has the port. Then the wildcard is bound again, and each part is closed
    /// once its queue is empty. False when nothing listens any more.
    /// </summary>
    /// <param name="sockets">Those of its port.</param>
    /// <param name="addresses">The node's.</param>
    /// <param name="services">Clock and log.</param>
    /// <param name="whenDied">Told from the listener's own task.</param>
    public async Task<bool> LookAtPartsAsync(
        IReadOnlyCollection<BoundSocket> sockets, IReadOnlyList<IPAddress> addresses, ConnectionServices services, Action<ListenerSlot> whenDied)
    {
        var spread = (SpreadListener)_running!;
        if (spread.IsWhole)
        {
            await spread.CloseIdlePartsAsync();
            if (spread.Successor is { } whole) Run(whole, whenDied);
            return true;
        }

        var left = FindLeft();
        if (left.Count == 0 && await spread.TryBecomeWholeAsync(sockets))
        {
            ClearFailure();
            services.Log.WholeAgain(EndPoint, _owner!.State.Name);
            return true;
        }

        await spread.FollowAsync(addresses.Except(left));
        if (!spread.IsEmpty) return true;
        await spread.StopAsync();
        _running = null;
        _failure = Taken;
        ScheduleRetry(services.Time, FirstRetry);
        return false;
    }

    /// <summary>
    /// The sockets of others that keep us from the port. Ignores our own probe socket at the documentation address (<see cref="NobodysAddress"/>): a new one
    /// each time, it would look like a new holder.
    /// </summary>
    public IEnumerable<BoundSocket> HoldersAmong(IEnumerable<BoundSocket> sockets)
    {
        var nobodys = NobodysAddress.Of(EndPoint.AddressFamily);
        var there = sockets.Where(socket => !socket.Local.Address.Equals(nobodys));
        return _running is SpreadListener spread ? spread.OthersOf(there) : BoundSocket.HoldersOf(there, Protocol, EndPoint);
    }

    /// <summary>Keeps who holds the port. True when the holders are new: they have to be named.</summary>
    /// <param name="sockets">Those of its port, without their owners.</param>
    /// <param name="addresses">The node's.</param>
    public bool UpdateHolders(IEnumerable<BoundSocket> sockets, IReadOnlyList<IPAddress> addresses)
    {
        var holders = HoldersAmong(sockets).ToList();
        if (_owner is { } owner) _hostBackends.Add(holders, owner.Entry.Declared, addresses);
        FindLeft();
        return _holders.Update(holders);
    }

    /// <summary>What a person can do, when a stranger holds the port and <see cref="Problem"/> names it.</summary>
    public string? Cure => IsTaken && _hostBackends.Names is null ? _holders.Cure : null;

    /// <summary>Keeps the names of the holders; from any thread.</summary>
    /// <param name="sockets">Those of its port, with their owners.</param>
    public void NameHolders(IEnumerable<BoundSocket> sockets) => _holders.Name(HoldersAmong(sockets));

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

    /// <summary>As <see cref="IServiceListener.ReadSockets"/>.</summary>
    public IEnumerable<HandedSocket> ReadSockets() => _running?.ReadSockets() ?? [];

    /// <summary>As <see cref="IServiceListener.PauseAsync"/>.</summary>
    public Task PauseAsync() => _running?.PauseAsync() ?? Task.CompletedTask;

    /// <summary>As <see cref="IServiceListener.Resume"/>.</summary>
    public void Resume() => _running?.Resume();

    /// <summary>True when it has waited for a predecessor, which has closed now what it had: what is wrong still is to be told.</summary>
    public bool EndWait(SocketSharing shared)
    {
        if (!_waits || !shared.Left.IsCompleted) return false;
        _waits = false;
        return true;
    }

    /// <summary>Another process has let go of the port, maybe.</summary>
    public void RetryNow(TimeProvider time) => ScheduleRetry(time, TimeSpan.Zero);

    /// <summary>As <see cref="StopAsync"/>, and nothing is to listen there again.</summary>
    public Task EndAsync()
    {
        _isOver = true;
        return StopAsync();
    }

    /// <summary>Closes the port after serving its queue; nothing happens when it does not run.</summary>
    public async Task StopAsync()
    {
        ClearFailure();
        if (_running is not { } running) return;
        await running.StopAsync();
        _running = null;
    }

    /// <summary>Nobody waits for it any more, or somebody else does.</summary>
    public void ClearFailure()
    {
        _failure = null;
        _waits = false;
        _holders.Clear();
        _retryAfter = FirstRetry;
    }

    /// <summary>Reports a dead accept loop and closes its port. The next try binds again.</summary>
    public async Task ReapAsync(ConnectionServices services)
    {
        if (_running is not { } running) return;
        running.Service.Counters.CountAcceptLoopDeath();
        services.Log.AcceptLoopDied(running.Completion.Exception?.InnerException, EndPoint, running.Service.Name);
        // Of a spread one the others live on.
        await running.StopAsync();
        _running = null;
        _failure = "the accept loop ended unexpectedly";
        ScheduleRetry(services.Time, FirstRetry);
    }

    private void Run(IServiceListener listener, Action<ListenerSlot> whenDied)
    {
        _running = listener;
        _ = listener.Completion.ContinueWith(_ => whenDied(this), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private IReadOnlyCollection<IPAddress> FindLeft() =>
        _owner is { } owner && EndPoint.Address.IsWildcard() ? _hostBackends.FindLeft(owner.Entry.Declared) : [];

    private ListenAddress AddressOf(ListenerClaim owner) => new(owner.Kind, EndPoint.Address, EndPoint.Port);

    private Admission? AdmissionNow(ConnectionServices services) => _plan!.ToAdmission(EndPoint.Address, services.Own.Scope);

    private void ScheduleRetry(TimeProvider time, TimeSpan after) => RetryAt = time.After(after);
}
