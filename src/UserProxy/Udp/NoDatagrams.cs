using UserProxy.Serving;

namespace UserProxy.Udp;

/// <summary>Stands in where there is no datagram transport: UDP ports fail with a reason, TCP ports are served.</summary>
public sealed class NoDatagrams(string reason) : IDatagramTransport
{
    public const string NotLinux = "UDP ports are served on Linux only";

    public int SocketsPerListener => 0;

    public void Use(DatagramServices services)
    {
    }

    public ValueTask<IDatagramListener> BindAsync(UdpServiceListener listener, ListenOptions options) => throw new IOException(reason);

    public ValueTask DisposeAsync() => default;
}
