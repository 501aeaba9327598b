using System.Net;
using UserProxy.Model;

namespace UserProxy.Udp;

/// <summary>One UDP session as it is now: a copy, for readers outside the data path.</summary>
/// <param name="Service">The service port that it came to.</param>
/// <param name="Kind">Which of the Service's addresses it came by.</param>
/// <param name="Client">The client's address and port.</param>
/// <param name="Listener">The address and port that the client writes to.</param>
/// <param name="Endpoint">Where its datagrams go; null between an endpoint's refusal and the client's next datagram.</param>
/// <param name="IsAnswered">An endpoint has answered it.</param>
/// <param name="Age">Since its first datagram.</param>
/// <param name="Idle">Since its last datagram, in either direction.</param>
/// <param name="BytesIn">To the endpoint.</param>
/// <param name="BytesOut">To the client.</param>
public readonly record struct SessionStatus(
    ServicePortName Service, ListenerKind Kind, DatagramAddress Client, DatagramAddress Listener, IPEndPoint? Endpoint, bool IsAnswered, TimeSpan Age,
    TimeSpan Idle, long BytesIn, long BytesOut)
{
    /// <summary>What the endpoint sees as its client, where that is the client's own address; null where it is this node's.</summary>
    public DatagramAddress? Source { get; init; }

    /// <summary>What the endpoint was told to know it by; null without a header.</summary>
    public string? UniqueId { get; init; }
}
