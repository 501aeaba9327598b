using System.Net.Sockets;
using System.Runtime.InteropServices;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.Netlink;

namespace UserProxy.Linux.VirtualIPs;

/// <summary>
/// Hears of every change of the routing tables (RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE of rtnetlink(7)) in the network namespace in which it was
/// opened. Used by <see cref="RoutedVirtualIPs"/>' watcher.
/// </summary>
internal sealed class RouteEvents : IDisposable
{
    private const int Ipv4Routes = 7, Ipv6Routes = 11;

    /// <summary>What most kernels give (they double it), set so that <see cref="MostDrained"/> holds where net.core.rmem_default says otherwise.</summary>
    private const int BufferBytes = 106_496;

    /// <summary>
    /// Reads in a row after a loss, ten times what the buffer can hold: routes that change without end must not keep the repair from its work.
    /// </summary>
    private const int MostDrained = 4096;

    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[32 * 1024];

    private RouteEvents(Socket socket) => _socket = socket;

    public static unsafe RouteEvents Open()
    {
        int descriptor = Libc.RouteSocket(blocking: false);
        if (descriptor < 0) throw Broken(descriptor);
        var handle = new SafeSocketHandle(descriptor, ownsHandle: true);
        try
        {
            uint* address = stackalloc uint[3] { Libc.AF_NETLINK, 0, 0 };
            int result = Libc.Bind(descriptor, (byte*)address, 12);
            if (result >= 0) result = Libc.SetOption(descriptor, Libc.SOL_SOCKET, Libc.SO_RCVBUF, BufferBytes);
            if (result >= 0) result = Libc.SetOption(descriptor, Libc.SOL_NETLINK, Libc.NETLINK_ADD_MEMBERSHIP, Ipv4Routes);
            if (result >= 0) result = Libc.SetOption(descriptor, Libc.SOL_NETLINK, Libc.NETLINK_ADD_MEMBERSHIP, Ipv6Routes);
            return result >= 0 ? new RouteEvents(new Socket(handle)) : throw Broken(result);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Completes at the first change that <paramref name="matters"/> (the route, whether it went, and the port id of who did it). True for such a
    /// change, and when changes were missed because more came than the buffer holds (ENOBUFS); false when <paramref name="limit"/> passed.
    /// </summary>
    public async Task<bool> WaitAsync(Func<LocalRoute, bool, uint, bool> matters, TimeSpan limit, TimeProvider time, CancellationToken stop)
    {
        using var deadline = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, stop);
        try
        {
            while (true)
            {
                int received = await _socket.ReceiveAsync(_buffer, SocketFlags.None, either.Token);
                if (AnyMatters(_buffer.AsSpan(0, received), matters)) return true;
            }
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.NoBufferSpaceAvailable)
        {
            await DrainAsync(stop);
            return true;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return false;
        }
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>
    /// The kernel tells of a loss once, and not again until all that it holds has been read (netlink_overrun of af_netlink.c): what it loses in between nobody
    /// would hear of.
    /// </summary>
    private async Task DrainAsync(CancellationToken stop)
    {
        for (int read = 0; read < MostDrained && _socket.Poll(0, SelectMode.SelectRead); read++)
        {
            try
            {
                await _socket.ReceiveAsync(_buffer, SocketFlags.None, stop);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.NoBufferSpaceAvailable)
            {
                // A loss that came meanwhile.
            }
        }
    }

    internal static bool AnyMatters(ReadOnlySpan<byte> datagram, Func<LocalRoute, bool, uint, bool> matters)
    {
        var messages = new NetlinkMessages(datagram);
        while (messages.MoveNext())
        {
            var message = messages.Current;
            if (message.Type is not (RouteMessages.NewRoute or RouteMessages.DeleteRoute)) continue;
            if (RouteMessages.ReadRoute(message.Payload) is { } route && matters(route, message.Type == RouteMessages.DeleteRoute, message.Port)) return true;
        }

        // What cannot be read may have mattered.
        return messages.Malformed;
    }

    private static IOException Broken(int result) => new($"changes of routes cannot be followed: {Marshal.GetPInvokeErrorMessage(-result)}");
}
