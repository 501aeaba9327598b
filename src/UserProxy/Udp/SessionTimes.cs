using UserProxy.Counting;

namespace UserProxy.Udp;

/// <summary>
/// The times that hold for every session of a table, in timestamp units; those of its Service are in its settings. Made by the <see cref="SessionTable"/>.
/// </summary>
internal sealed class SessionTimes(TimeProvider time)
{
    /// <summary>How often a busy session is moved to the back of its lists, instead of with every datagram. A session may end so much late.</summary>
    public long Grain { get; } = time.Units(TimeSpan.FromMilliseconds(125));

    /// <summary>
    /// How long the answer to a datagram may be on its way. A full table first gives up sessions that wait for no answer. A duplicate made by the network
    /// comes within this time, too.
    /// </summary>
    public long Answer { get; } = time.Units(TimeSpan.FromSeconds(1));

    /// <summary>
    /// How long a session whose answers have all come waits for its client, when many ports are open. A client that asks again and again keeps its port instead
    /// of using up one with each question. Other clients wait no longer than this for the port.
    /// </summary>
    public long Linger { get; } = time.Units(TimeSpan.FromMilliseconds(125));

    /// <summary>
    /// How long a port that was left is not used again towards the same peer. That is the kernel's TIME_WAIT, and twice what anybody waits for a DNS answer.
    /// </summary>
    public long PortRest { get; } = time.Units(TimeSpan.FromSeconds(60));

    /// <summary>As <see cref="PortRest"/>, for a port that is owed no answer, when many are open. <see cref="Answer"/> when no more can be opened.</summary>
    public long ShortPortRest { get; } = time.Units(TimeSpan.FromSeconds(5));

    /// <summary>
    /// How long a port that serves nobody stays open: longer than it rests, as the kernel may give a closed one's number to the next that is opened.
    /// </summary>
    public long PortIdle { get; } = time.Units(TimeSpan.FromSeconds(75));

    public long Of(TimeSpan span) => time.Units(span);
}
