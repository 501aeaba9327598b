namespace UserProxy.Udp;

/// <summary>A session's place in one <see cref="SessionList"/>.</summary>
internal struct SessionLinks
{
    public UdpSession? Next;
    public UdpSession? Previous;
}
