using UserProxy.Counting;

namespace UserProxy.Udp;

/// <summary>
/// The times that hold for every session of a table, in timestamp units; those of its Service are in its settings. Made by the <see cref="SessionTable"/>.
/// </summary>
internal sealed class SessionTimes(TimeProvider time)
{
    /// <summary>Also how late a session may end: one that is busy is moved to the back of its lists this often, not with every datagram.</summary>
    public long Grain { get; } = time.Units(TimeSpan.FromMilliseconds(125));

    /// <summary>
    /// How long the answer to a datagram may be on its way: a full table rather gives up sessions that wait for none. Also as long as the network may double
    /// one.
    /// </summary>
    public long Answer { get; } = time.Units(TimeSpan.FromSeconds(1));

    /// <summary>
    /// How long a session waits for its client to go on when all its answers have come and many ports are open: one that asks again and again keeps its port,
    /// instead of using up one with each question. Its port could not be used by others for longer than that.
    /// </summary>
    public long Linger { get; } = time.Units(TimeSpan.FromMilliseconds(125));

    /// <summary>
    /// How long a port that was left is not used again towards the same peer: as long as the kernel's TIME_WAIT, twice what anybody waits for a DNS answer.
    /// </summary>
    public long PortRest { get; } = time.Units(TimeSpan.FromSeconds(60));

    /// <summary>The same for one that is owed no answer, as was declared, when many are open; <see cref="Answer"/> when no more can be had.</summary>
    public long ShortPortRest { get; } = time.Units(TimeSpan.FromSeconds(5));

    /// <summary>
    /// How long a port that serves nobody stays open: longer than it rests, as the kernel may give a closed one's number to the next that is opened.
    /// </summary>
    public long PortIdle { get; } = time.Units(TimeSpan.FromSeconds(75));

    public long Of(TimeSpan span) => time.Units(span);
}
