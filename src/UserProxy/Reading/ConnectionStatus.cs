using System.Net;
using UserProxy.Model;
using UserProxy.Tcp;

namespace UserProxy.Reading;

/// <summary>One running TCP connection as it is now: a copy, for readers outside the data path.</summary>
/// <param name="Service">The service port that it came to; it may no longer be declared.</param>
/// <param name="Kind">Which of the Service's addresses it came by.</param>
/// <param name="Client">The client's address and port: as a load balancer has told, if one has.</param>
/// <param name="Listener">The address and port that it was accepted at.</param>
/// <param name="Endpoint">Where it is relayed to, or being dialled for it; null before the first dial.</param>
/// <param name="State">How far it is.</param>
/// <param name="EndpointLeft">New connections no longer go to its endpoint.</param>
/// <param name="Age">Since it was accepted.</param>
/// <param name="Idle">Since a byte was last moved or acknowledged, to half a second.</param>
/// <param name="BytesIn">Written to the endpoint.</param>
/// <param name="BytesOut">Written to the client.</param>
public readonly record struct ConnectionStatus(
    ServicePortName Service, ListenerKind Kind, IPEndPoint Client, IPEndPoint Listener, IPEndPoint? Endpoint, ConnectionState State, bool EndpointLeft,
    TimeSpan Age, TimeSpan Idle,
    long BytesIn, long BytesOut)
{
    /// <summary>The load balancer that has told <see cref="Client"/> by a PROXY protocol header; null when nobody has.</summary>
    public IPEndPoint? ToldBy { get; init; }

    /// <summary>What the endpoint sees as its client: an address of this node, or the client's own; null before it is connected.</summary>
    public IPEndPoint? Source { get; init; }

    /// <summary>The endpoint sees the client's own address.</summary>
    public bool IsKept { get; init; }

    /// <summary>What the endpoint was told to know it by; null without a header of version 2.</summary>
    public string? UniqueId { get; init; }
}
