using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Serving;

namespace UserProxy.Reading;

/// <summary>One declared address of a service port, as metrics see it.</summary>
/// <param name="Address">What was declared.</param>
/// <param name="State">As in <see cref="ListenerStatus"/>.</param>
/// <param name="Listens">It is in LISTEN for this service port.</param>
/// <param name="Queue">Its accept queue; null when it does not listen or the system does not tell.</param>
/// <param name="KernelDrops">Datagrams that came faster than they were read, since it listens; null for TCP.</param>
public readonly record struct ListenerReading(ListenAddress Address, ListenerState State, bool Listens, AcceptQueue? Queue, long? KernelDrops);
