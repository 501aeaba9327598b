using UserProxy.Serving;
using UserProxy.Udp;

namespace UserProxy.Syncing;

/// <summary>
/// The listeners of a <see cref="Proxier"/> on their way to another process, while its table stays as it is: first the other one has the sockets, too, then it
/// has all clients that come, and at last what is here goes. Until then everything can be undone. Made by <see cref="Proxier.HoldStillAsync"/>.
/// </summary>
public sealed class ListenerHandOver
{
    private readonly SlotTable _slots;
    private readonly ServiceEntries _entries;
    private readonly IDatagramTransport _datagrams;
    private readonly TimeProvider _time;
    private readonly Action<bool> _end;
    private long _pinsSince = long.MinValue;
    private bool _answersAreLeft;

    /// <param name="slots">Nobody else changes them meanwhile.</param>
    /// <param name="entries">Likewise.</param>
    /// <param name="datagrams">Has sessions.</param>
    /// <param name="time">Dates what is told twice.</param>
    /// <param name="end">Told at the end, and whether it has come about.</param>
    internal ListenerHandOver(SlotTable slots, ServiceEntries entries, IDatagramTransport datagrams, TimeProvider time, Action<bool> end)
    {
        _slots = slots;
        _entries = entries;
        _time = time;
        _datagrams = datagrams;
        _end = end;
        Sockets = slots.ReadSockets();
    }

    /// <summary>What listens.</summary>
    public IReadOnlyList<HandedSocket> Sockets { get; }

    /// <summary>Of datagrams: sessions can go on in a process with as many.</summary>
    public int Loops => _datagrams.SocketsPerListener;

    /// <summary>Clients who have asked here by UDP are answered from here: their sessions have not been handed over.</summary>
    internal bool MustAnswer => !_answersAreLeft && _slots.HasDatagrams;

    /// <summary>
    /// What service ports remember. First call: all of it. Second: what has changed since, and the counters; to be called after accepting has stopped.
    /// </summary>
    public IReadOnlyList<HandedService> ReadServices(bool withFigures)
    {
        long since = _pinsSince;
        _pinsSince = _time.GetTimestamp();
        return [.. _entries.Copy(since, withFigures)];
    }

    /// <summary>Takes no clients from now on, but for those that it has been told of.</summary>
    public Task PauseAsync() => _slots.PauseAsync();

    /// <summary>Leaves the answers of endpoints to the other process, too, with the sessions that they belong to. After <see cref="PauseAsync"/>.</summary>
    public async Task<IReadOnlyList<HandedLoop>> PauseAnswersAsync()
    {
        _answersAreLeft = true;
        return await _datagrams.PauseAsync();
    }

    /// <summary>Nothing has come of it: clients are taken again, and tables applied.</summary>
    public void Undo()
    {
        if (_answersAreLeft) _datagrams.Resume();
        _slots.Resume();
        _end(false);
    }

    /// <summary>
    /// The sockets are the other one's, and are closed here. Those of UDP stay when clients have asked here, and their sessions were not handed over.
    /// </summary>
    public async Task CompleteAsync()
    {
        _end(true);
        await (MustAnswer ? _slots.StopConnectionsAsync() : _slots.StopAllAsync());
    }
}
