using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using UserProxy.ProxyProtocol;
using UserProxy.Serving;

namespace UserProxy.Tcp.Sockets;

/// <summary>
/// The portable transport, and the reference for the others: System.Net.Sockets for the sockets, System.IO.Pipelines for what a peer does
/// not take at once. Used through <see cref="ITransport"/>.
/// </summary>
public sealed class SocketTransport : ITransport
{
    /// <summary>
    /// What an idle connection was measured to take: 6.9 KiB in the kernel, and twice the 6 KiB of the process, as the collector's heap is larger than what
    /// lives in it.
    /// </summary>
    private const int BytesPerConnection = 20 * 1024;

    private readonly SocketTransportOptions _options;
    private readonly TimeProvider _time;
    private readonly RelaySweep _sweep;

    public SocketTransport(SocketTransportOptions? options = null, TimeProvider? time = null)
    {
        _options = options ?? new SocketTransportOptions();
        _time = time ?? TimeProvider.System;
        Memory = new MemoryBudget(_options.Memory, BytesPerConnection);
        _sweep = new RelaySweep(_time);
    }

    public string Name => "sockets";

    public MemoryBudget Memory { get; }

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new(Listen((IPEndPoint)endpoint, ListenOptions.Default));

    public ValueTask<IFilteredListener> BindAsync(IPEndPoint endpoint, ListenOptions options, CancellationToken cancellationToken = default) =>
        new(Listen(endpoint, options));

    public async ValueTask<DialResult> DialAsync(IPEndPoint endpoint, TransportConnection client, DialOptions options)
    {
        Socket socket;
        try
        {
            socket = CreateSocket(endpoint.AddressFamily);
        }
        catch (SocketException e)
        {
            return SocketErrors.ToLocalFault(e.SocketErrorCode);
        }

        if (options.Source is { } source
            && (_options.BindSource?.Invoke(socket.SafeHandle, source) ?? SocketError.OperationNotSupported) is not SocketError.Success and var error)
        {
            socket.Dispose();
            return SocketErrors.ToLocalFault(error);
        }

        if (options.Hops > 0) BoundHops(socket, options.Hops);
        return await new SocketDial(socket, (SocketConnection)client, endpoint, options, _time).RunAsync();
    }

    public ValueTask ReadHeaderAsync(TransportConnection client, ProxyHeaderReader reader, TimeSpan timeout) =>
        new SocketHeaderRead((SocketConnection)client, reader, timeout, _time).RunAsync();

    public Relay CreateRelay(TransportConnection client, TransportConnection backend, RelayOptions options) =>
        new PipeRelay((SocketConnection)client, (SocketConnection)backend, options, Memory, _options.RelayBufferLimit, _sweep, _time);

    public ValueTask DisposeAsync() => _sweep.DisposeAsync();

    /// <summary>Where the system does not take it, a loop is bounded by descriptors alone: no reason not to dial.</summary>
    private static void BoundHops(Socket socket, int hops)
    {
        try
        {
            socket.Ttl = (short)hops;
        }
        catch (SocketException)
        {
        }
    }

    /// <summary>One that a predecessor has left in LISTEN, with clients in its queue maybe, and with its filter.</summary>
    private SocketListener Adopt(SafeHandle inherited, IPEndPoint endpoint, ListenOptions options)
    {
        var socket = new Socket(new SafeSocketHandle(inherited.DangerousGetHandle(), ownsHandle: true));
        inherited.SetHandleAsInvalid();
        try
        {
            SetOptions(socket);
            bool isFiltered = _options.SetSynFilter?.Invoke(socket.SafeHandle, endpoint.AddressFamily, options.Admission) ?? options.Admission is null;
            socket.Listen(_options.Backlog);
            return new SocketListener(socket, _options.SetSynFilter, isFiltered, SpreadKeepAlive, options.Shared);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private SocketListener Listen(IPEndPoint endpoint, ListenOptions options)
    {
        if (options.Inherited is [var inherited, ..]) return Adopt(inherited, endpoint, options);
        var socket = CreateSocket(endpoint.AddressFamily);
        try
        {
            // One family a listener: a dual-stack [::] would block 0.0.0.0 and serve IPv4-only Services on IPv6.
            if (endpoint.AddressFamily == AddressFamily.InterNetworkV6) socket.DualMode = false;
            if (options.FreeBind && OperatingSystem.IsLinux()) SetFreeBind(socket);
            bool isFiltered = options.Admission is null
                || (_options.SetSynFilter?.Invoke(socket.SafeHandle, endpoint.AddressFamily, options.Admission) ?? false);
            // .NET's bind sets a plain SO_REUSEADDR for TCP on Unix, which is all that is wanted. SocketOptionName.ReuseAddress would add
            // SO_REUSEPORT, and a second process would share the port in silence.
            if (options.Sharing == PortSharing.OverParts) SetReusePort(socket, on: true);
            socket.Bind(endpoint);
            // Bound alone: nobody was there to be joined.
            if (options.Sharing == PortSharing.Part) SetReusePort(socket, on: true);
            socket.Listen(_options.Backlog);
            if (options.Sharing == PortSharing.OverParts) SetReusePort(socket, on: false);
            return new SocketListener(socket, _options.SetSynFilter, isFiltered, SpreadKeepAlive, options.Shared);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>SO_REUSEPORT, by number: .NET gives it together with SO_REUSEADDR only. Elsewhere than on Linux the parts stay what they are.</summary>
    private static void SetReusePort(Socket socket, bool on)
    {
        if (!OperatingSystem.IsLinux()) return;
        Span<byte> value = stackalloc byte[sizeof(int)];
        BitConverter.TryWriteBytes(value, on ? 1 : 0);
        socket.SetRawSocketOption(1, 15, value);
    }

    /// <summary>IP_FREEBIND (ip(7)) and IPV6_FREEBIND (linux/in6.h), by number: .NET has no name for them.</summary>
    private static void SetFreeBind(Socket socket)
    {
        var (level, option) = socket.AddressFamily == AddressFamily.InterNetworkV6 ? (41, 78) : (0, 15);
        Span<byte> one = stackalloc byte[sizeof(int)];
        BitConverter.TryWriteBytes(one, 1);
        try
        {
            socket.SetRawSocketOption(level, option, one);
        }
        catch (SocketException)
        {
            // A kernel without the option binds what is there, and says so itself when it is not.
        }
    }

    /// <summary>Accepted sockets inherit these options from their listener (accept(2), inet_csk_clone_lock), which saves a syscall for each.</summary>
    private Socket CreateSocket(AddressFamily family)
    {
        var socket = new Socket(family, SocketType.Stream, ProtocolType.Tcp);
        SetOptions(socket);
        return socket;
    }

    private void SetOptions(Socket socket)
    {
        socket.NoDelay = true;
        // Urgent data stays in the stream, where it was sent; without this, recv drops a byte.
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.OutOfBandInline, true);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        SpreadKeepAlive(socket);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, (int)_options.KeepAliveInterval.TotalSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, _options.KeepAliveRetries);
    }

    /// <summary>By its number, as those of its time have numbers in a row.</summary>
    private void SpreadKeepAlive(Socket socket)
    {
        int seconds = (int)_options.KeepAliveTime.TotalSeconds;
        int spread = (int)(socket.Handle % Math.Max(1, seconds / 2));
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, seconds - spread);
    }
}
