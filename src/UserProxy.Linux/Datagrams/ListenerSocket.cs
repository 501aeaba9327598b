using System.Runtime.InteropServices;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.Loops;
using UserProxy.Scheduling;
using UserProxy.Udp;

namespace UserProxy.Linux.Datagrams;

/// <summary>The socket of one listener on one loop. Clients whose addresses hash to it stay with it, and so their sessions with the loop.</summary>
internal sealed class ListenerSocket : ILoopHandler
{
    private readonly DatagramLoop _loop;
    private readonly FileHandle _handle;

    public ListenerSocket(DatagramLoop loop, UdpServiceListener listener, FileHandle handle, int number)
    {
        Number = number;
        EndPoint = DatagramAddress.From(listener.Address.EndPoint);
        _loop = loop;
        _handle = handle;
        Descriptor = handle.Descriptor;
        IsWildcard = listener.IsWildcard;
        Local = ClientAddress.From(listener.Address.Address);
        Sessions = new ListenerSessions(listener, this);
    }

    public ListenerSessions Sessions { get; }

    public int Descriptor { get; }

    public SafeHandle Handle => _handle;

    /// <summary>Among the sockets of its listener.</summary>
    public int Number { get; }

    /// <summary>Of its listener.</summary>
    public DatagramAddress EndPoint { get; }

    /// <summary>Each datagram says which address it was sent to, and its answer has to leave from there.</summary>
    public bool IsWildcard { get; }

    /// <summary>The address of one that is not a wildcard.</summary>
    public ClientAddress Local { get; }

    /// <summary>Its registration with the loop; negative for none.</summary>
    public int Slot { get; set; } = -1;

    public bool IsClosed { get; private set; }

    /// <summary>The answers that it is to send in this turn.</summary>
    public PlaceList Pending { get; } = new();

    /// <summary>From any thread; null once it is closed.</summary>
    public long? Drops
    {
        get
        {
            bool held = false;
            try
            {
                _handle.DangerousAddRef(ref held);
                long drops = Libc.ReceiveDrops(Descriptor);
                return drops < 0 ? null : drops;
            }
            catch (ObjectDisposedException)
            {
                return null;
            }
            finally
            {
                if (held) _handle.DangerousRelease();
            }
        }
    }

    public void OnEvents(EventLoop _, uint events) => _loop.OnClients(this);

    public void Close()
    {
        IsClosed = true;
        _handle.Dispose();
    }
}
