using UserProxy.Scheduling;

namespace UserProxy.Udp;

/// <summary>Where an endpoint's datagram goes: to a client, from the address that the client has written to.</summary>
public readonly record struct ClientTarget(ListenerSessions Listener, DatagramAddress Client, ClientAddress Local);
