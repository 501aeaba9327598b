using System.Net;
using System.Net.Sockets;

namespace UserProxy.Linux.Tests.Datagrams;

/// <summary>A Pod that sends each datagram back, with its own mark in front.</summary>
internal sealed class EchoServer : IDisposable
{
    private readonly Socket _socket;
    private readonly byte[] _mark;
    private readonly Thread _thread;
    private readonly HashSet<EndPoint> _seen = [];
    private volatile bool _stopping;
    private int _received;

    public EchoServer(IPAddress address, byte? mark = null)
    {
        _mark = mark is { } byteOfIt ? [byteOfIt] : [];
        _socket = Loopback.Open(address);
        EndPoint = _socket.EndPointOf();
        _thread = new Thread(Run) { IsBackground = true };
        _thread.Start();
    }

    public IPEndPoint EndPoint { get; }

    public int Received => Volatile.Read(ref _received);

    /// <summary>Our ports, as it sees them.</summary>
    public int Peers
    {
        get
        {
            lock (_seen) return _seen.Count;
        }
    }

    public void Dispose()
    {
        _stopping = true;
        using (var waker = Loopback.Open(EndPoint.Address)) waker.SendTo([0], EndPoint);
        _thread.Join();
        _socket.Dispose();
    }

    private void Run()
    {
        _socket.ReceiveTimeout = 0;
        byte[] buffer = new byte[65_536];
        EndPoint any = new IPEndPoint(EndPoint.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        while (true)
        {
            var from = any;
            int length;
            try
            {
                length = _socket.ReceiveFrom(buffer, _mark.Length, 65_535 - _mark.Length, SocketFlags.None, ref from);
                if (_stopping) return;
                Interlocked.Increment(ref _received);
                lock (_seen) _seen.Add(from);
                _mark.CopyTo(buffer, 0);
                _socket.SendTo(buffer, 0, _mark.Length + length, SocketFlags.None, from);
            }
            catch (SocketException) when (!_stopping)
            {
                // One that has left: its port is unreachable.
            }
        }
    }
}
