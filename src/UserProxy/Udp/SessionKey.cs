using UserProxy.Scheduling;

namespace UserProxy.Udp;

/// <summary>
/// Which client flow a datagram belongs to, among those of one listener: who sent it, and to which of the listener's addresses. Keyed by the client alone, two
/// addresses of the node would share a session, and one of them would answer for the other.
/// </summary>
public readonly record struct SessionKey(DatagramAddress Client, ClientAddress Local)
{
    public override int GetHashCode() => (int)TableHash.Of(Local.Value, Client.Hash);
}
