using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using UserProxy.Linux.HandOver;
using UserProxy.Model;
using UserProxy.Serving;

namespace UserProxy.App.Run.Stored;

/// <summary>
/// Has systemd keep the listening sockets of Services (its file descriptor store), so that clients wait while a process that has crashed is started again, and
/// takes up what it kept. A queue that nobody accepts from for long is worse than a refusal: what is kept is closed after <see cref="LongestHeld"/>, after
/// <see cref="MostStarts"/>, and at every orderly end that is no restart. Kept by <see cref="NodeAgent"/> (docs/decisions/0078, 0087).
/// </summary>
internal sealed class SocketStore : IAsyncDisposable
{
    /// <summary>Since the first start after whoever accepted last.</summary>
    public static readonly TimeSpan LongestHeld = TimeSpan.FromSeconds(30);

    /// <summary>Of processes that ended before they took a client.</summary>
    public const int MostStarts = 5;

    /// <summary>
    /// All names are one variable of the next process, and a string of its environment has at most 128 KiB (execve(2)). A name has three characters and a
    /// colon.
    /// </summary>
    private const int MostSockets = 30_000;

    /// <summary>With a service manager that is busy.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly NotifySocket? _manager;
    private readonly int _room;
    private readonly ILogger _log;
    private readonly TimeProvider _time;

    /// <summary>Whether this end is a restart: the next process is to have what is kept.</summary>
    private readonly Func<bool> _isLeft;

    private readonly StoredSockets _passed;
    private readonly StartMark _mark;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock _lock = new();

    /// <summary>What systemd has of this process, or had of the one before: names by identity. The runner's alone.</summary>
    private readonly Dictionary<ulong, string> _stored;

    private readonly HashSet<string> _taken;
    private IReadOnlyDictionary<ulong, SafeHandle>? _wanted;
    private Task _running = Task.CompletedTask, _watching = Task.CompletedTask;
    private Task? _closing;
    private int _nextName, _storedCount;
    private bool _isAdopted, _isDropped, _isMarked, _isUnmarked;
    private volatile bool _saidFull, _saidFailed;

    private SocketStore(StoredSockets passed, NotifySocket? manager, int room, ILogger log, TimeProvider time, Func<bool> isLeft)
    {
        (_passed, _manager, _room, _log, _time, _isLeft) = (passed, manager, room, log, time, isLeft);
        _stored = new(passed.Names);
        _taken = [.. passed.Names.Values];
        _mark = passed.Mark is { } before ? before with { Starts = before.Starts + 1 } : new StartMark(1, Now);
    }

    /// <summary>Whether systemd has taken all that listens here so far, and goes on taking.</summary>
    public bool KeepsAll => _manager is not null && _room > 0 && !_saidFull && !_saidFailed;

    /// <summary>What was passed on, for the first table.</summary>
    public InheritedSockets Inherited => _passed.Sockets;

    /// <summary>Sockets that were passed on and are served.</summary>
    public int Adopted { get; private set; }

    /// <summary>Sockets that were passed on and closed.</summary>
    public int Closed { get; private set; }

    /// <summary>How long they were kept while nobody accepted, as far as is known: since the first start.</summary>
    public TimeSpan Held { get; private set; }

    /// <summary>Sockets that systemd has now.</summary>
    public int Stored => Volatile.Read(ref _storedCount);

    private long Now => _time.GetTimestamp() / _time.TimestampFrequency;

    /// <summary>Null where nothing is kept, and nobody would keep anything.</summary>
    public static SocketStore? Open(Surroundings surroundings, NotifySocket? manager, Func<bool> isLeft, ILogger log)
    {
        if (!OperatingSystem.IsLinux()) return null;
        var passed = StoredSockets.Take(surroundings);
        // systemd sets it from version 254 on (FileDescriptorStoreMax), the unit for those before.
        _ = int.TryParse(surroundings.Variable("FDSTORE"), CultureInfo.InvariantCulture, out int room);
        if (manager is null) room = 0;
        return room <= 0 && passed.Names.Count == 0 ? null : Begin(passed, manager, room, log, surroundings.Time, isLeft);
    }

    internal static SocketStore Begin(
        StoredSockets passed, NotifySocket? manager, int room, ILogger log, TimeProvider time, Func<bool>? isLeft = null)
    {
        // One is for the mark.
        var store = new SocketStore(passed, manager, Math.Min(room - 1, MostSockets), log, time, isLeft ?? (() => false));
        store.Begin();
        return store;
    }

    /// <summary>All that listens, whenever it may have changed. On the Proxier's loop: only takes note.</summary>
    public void Follow(IReadOnlyList<HandedSocket> listening)
    {
        var wanted = new Dictionary<ulong, SafeHandle>(listening.Count);
        foreach (var each in listening)
        {
            if (PassedDescriptor.Identity(each.Socket) is { } identity) wanted[identity] = each.Socket;
        }

        lock (_lock)
        {
            if (!_isAdopted) AdoptListeners(wanted);
            _wanted = wanted;
        }

        _wake.Writer.TryWrite(true);
    }

    /// <summary>Somebody else serves: what was kept is closed here.</summary>
    public void Drop(string reason)
    {
        lock (_lock)
        {
            if (_isAdopted || _isDropped) return;
            _isDropped = true;
            Closed = Inherited.Count;
            Held = TimeSpan.FromSeconds(Now - _mark.Since);
            if (Closed > 0) _log.KeptSocketsClosed(Closed, reason);
            Inherited.Dispose();
        }

        _wake.Writer.TryWrite(true);
    }

    /// <summary>
    /// Completes when systemd keeps nothing any more, so that what is closed from now on refuses; at a restart, when it keeps whatever is closed from now on.
    /// </summary>
    public Task CloseAsync()
    {
        // Told by a stop and by the end of the process, which waits for it, too.
        lock (_lock) return _closing ??= CloseOnceAsync();
    }

    private async Task CloseOnceAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await _stop.CancelAsync();
        await Task.WhenAll(_running, _watching).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_manager is null) return;
        try
        {
            // What has come to listen just now, too.
            if (_isLeft()) await SyncStoreAsync();
            else if (_stored.Count + _passed.Others.Count == 0) return;
            else await ForgetAllAsync();
            await _manager.FlushAsync(Patience, _time);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            LogFailureOnce(e.Message);
        }
    }

    private async Task ForgetAllAsync()
    {
        foreach (string name in _stored.Values.Append(_mark.Name)) await RemoveAsync(name);
        _stored.Clear();
        Volatile.Write(ref _storedCount, 0);
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        if (!_isLeft()) Inherited.Dispose();
        _stop.Dispose();
    }

    private void Begin()
    {
        if (_mark.Starts > MostStarts)
            Drop(string.Create(CultureInfo.InvariantCulture, $"{_mark.Starts - 1} processes in a row have ended without taking a client"));
        _running = RunAsync();
        if (Inherited.Count > 0) _watching = WatchAgeAsync();
    }

    /// <summary>The first listeners: what was passed on and is not among them is wanted by nobody.</summary>
    private void AdoptListeners(Dictionary<ulong, SafeHandle> wanted)
    {
        _isAdopted = true;
        if (_passed.Names.Count == 0 || _isDropped) return;
        Adopted = _passed.Names.Keys.Count(wanted.ContainsKey);
        Closed = _passed.Names.Count - Adopted;
        Held = TimeSpan.FromSeconds(Now - _mark.Since);
        Inherited.Dispose();
        _log.KeptSocketsAdopted(Adopted, Closed, GoDuration.Format(Held), _mark.Starts);
    }

    private async Task WatchAgeAsync()
    {
        var rest = LongestHeld - TimeSpan.FromSeconds(Now - _mark.Since);
        if (rest > TimeSpan.Zero) await Task.Delay(rest, _time, _stop.Token);
        Drop($"nobody has accepted from them for {GoDuration.Format(LongestHeld)}");
    }

    /// <summary>The one who talks: marks the start, then makes what systemd keeps the same as what listens.</summary>
    private async Task RunAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        while (true)
        {
            try
            {
                await MarkAsync();
                await _wake.Reader.ReadAsync(_stop.Token);
                await SyncStoreAsync();
            }
            catch (IOException e)
            {
                LogFailureOnce(e.Message);
                await Task.Delay(Patience, _time, _stop.Token);
                _wake.Writer.TryWrite(true);
            }
        }
    }

    /// <summary>Once, while something is kept that nobody accepts from.</summary>
    private async Task MarkAsync()
    {
        if (_isMarked || _passed.Names.Count == 0) return;
        using (var nothing = File.OpenHandle("/dev/null")) await KeepAsync(_mark.Name, nothing);
        foreach (string name in _passed.Others) await RemoveAsync(name);
        _isMarked = true;
    }

    /// <summary>Makes what systemd keeps the same as what listens.</summary>
    private async Task SyncStoreAsync()
    {
        IReadOnlyDictionary<ulong, SafeHandle>? wanted;
        bool isDropped;
        lock (_lock) (wanted, isDropped) = (_wanted, _isDropped);
        if (wanted is null && !isDropped) return;
        // Closed sockets first: they take room, and somebody may wait in their queues.
        foreach (var (identity, name) in _stored.ToList())
        {
            if (wanted?.ContainsKey(identity) is true) continue;
            await RemoveAsync(name);
            _stored.Remove(identity);
            _taken.Remove(name);
        }

        // From now on somebody accepts, or nothing is kept.
        if (_isMarked && !_isUnmarked) await RemoveAsync(_mark.Name);
        _isUnmarked = true;
        foreach (var (identity, socket) in wanted ?? new Dictionary<ulong, SafeHandle>())
        {
            if (_stored.ContainsKey(identity) || IsFull(wanted!.Count) || (_stop.IsCancellationRequested && !_isLeft())) continue;
            string name = NewName();
            try
            {
                await KeepAsync(name, socket);
                _stored[identity] = name;
            }
            catch (ObjectDisposedException)
            {
                // Closed meanwhile: the next list is without it.
                _taken.Remove(name);
            }
        }

        Volatile.Write(ref _storedCount, _stored.Count);
    }

    private bool IsFull(int wanted)
    {
        if (_stored.Count < _room) return false;
        if (!_saidFull && _room > 0) _log.StoreIsFull(_room, wanted);
        _saidFull = true;
        return true;
    }

    /// <summary>FDPOLL=0: a UDP socket that was told of an ICMP error would be thrown out.</summary>
    private Task KeepAsync(string name, SafeHandle descriptor) =>
        _manager?.SendAsync($"FDSTORE=1\nFDNAME={name}\nFDPOLL=0", Patience, _time, descriptor) ?? Task.CompletedTask;

    private Task RemoveAsync(string name) => _manager?.SendAsync($"FDSTOREREMOVE=1\nFDNAME={name}", Patience, _time) ?? Task.CompletedTask;

    private string NewName()
    {
        const string Digits = "0123456789abcdefghijklmnopqrstuvwxyz";
        while (true)
        {
            int number = _nextName++ % (Digits.Length * Digits.Length * Digits.Length);
            string name = $"{Digits[number / Digits.Length / Digits.Length]}{Digits[number / Digits.Length % Digits.Length]}{Digits[number % Digits.Length]}";
            if (_taken.Add(name)) return name;
        }
    }

    private void LogFailureOnce(string reason)
    {
        if (!_saidFailed) _log.StoreFailed(reason);
        _saidFailed = true;
    }
}
