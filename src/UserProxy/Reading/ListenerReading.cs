using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Serving;

namespace UserProxy.Reading;

/// <summary>One declared address of a service port as it is now.</summary>
/// <param name="Address">What was declared.</param>
/// <param name="State">What clients meet.</param>
/// <param name="Reason">Null while it listens on all that it stands for.</param>
/// <param name="Listens">It is in LISTEN for this service port.</param>
/// <param name="Queue">Its accept queue; null for UDP, while it is not in LISTEN, and where the system does not tell.</param>
/// <param name="KernelDrops">Datagrams that came faster than they were read, since it listens; null for TCP.</param>
public sealed record ListenerReading(
    ListenAddress Address, ListenerState State, string? Reason = null, bool Listens = false, AcceptQueue? Queue = null, long? KernelDrops = null)
{
    /// <summary>What a person can do where <see cref="Reason"/> says who has the port: a sentence without its full stop; null where nobody knows.</summary>
    public string? Cure { get; init; }

    /// <summary>Knows what the kernel has not been asked yet: its queue. Null when it was.</summary>
    internal IServiceListener? Unasked { get; init; }

    /// <summary>As <see cref="Queue"/>; asks the kernel where nobody has.</summary>
    public AcceptQueue? ReadQueue() => Queue ?? Unasked?.ReadQueue();
}
