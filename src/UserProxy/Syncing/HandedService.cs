using System.Net;
using System.Net.Sockets;
using UserProxy.Model;
using UserProxy.Scheduling;

namespace UserProxy.Syncing;

/// <summary>What one service port remembers, on its way to another process; a part of it, where it is much.</summary>
/// <param name="Name">Whose.</param>
/// <param name="Family">A Service of both families is two.</param>
/// <param name="Turn">The next turn of its schedulers; 0 where it is not told.</param>
public sealed record HandedService(ServicePortName Name, AddressFamily Family, ulong Turn)
{
    public IReadOnlyList<HandedEndpoint> Endpoints { get; init; } = [];

    /// <summary>The longest unused first.</summary>
    public IReadOnlyList<HandedPin> Pins { get; init; } = [];

    /// <summary>Of its counters, in the order of this version; a part that has another length is of another version, and is left out.</summary>
    public IReadOnlyList<long[]> Figures { get; init; } = [];
}

/// <summary>Where a client of session affinity is pinned.</summary>
/// <param name="Client">Its address.</param>
/// <param name="Endpoint">Where its connections go.</param>
/// <param name="Idle">Since its last new connection.</param>
public readonly record struct HandedPin(ClientAddress Client, IPEndPoint Endpoint, TimeSpan Idle);
