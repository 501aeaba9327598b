using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.Netlink;

namespace UserProxy.Linux.Transparent;

/// <summary>
/// Hears of every change of routing, links and addresses (rtnetlink(7)), and of changes of our nftables tables, in the network namespace in which it was
/// opened. Used by <see cref="TransparentSources"/>' watcher.
/// </summary>
internal sealed class NetworkChanges : IDisposable
{
    /// <summary>RTNLGRP_LINK, _IPV4_IFADDR, _IPV4_ROUTE, _IPV4_RULE, _IPV6_IFADDR, _IPV6_ROUTE, _IPV6_RULE.</summary>
    private static readonly int[] RouteGroups = [1, 5, 7, 8, 9, 11, 19];

    private const int Nftables = 7; // NFNLGRP_NFTABLES
    private const int Subsystem = 10, GenericLength = 4, TableName = 1; // NFNL_SUBSYS_NFTABLES, sizeof(struct nfgenmsg), NFTA_*_TABLE
    private const int BufferBytes = 1 << 20;

    /// <summary>
    /// NFT_MSG_NEWTABLE, which also puts a table to sleep (dormant), _DELTABLE, _DELCHAIN, _NEWRULE, _DELRULE. Elements of sets and maps come with the flows
    /// and bridges. What is made here is told of as well: it wakes the watcher once more, who finds it as it should be.
    /// </summary>
    private static readonly int[] Harmful = [0, 2, 5, 6, 8];

    private readonly Socket _routes, _rules;

    internal NetworkChanges(Socket routes, Socket rules) => (_routes, _rules) = (routes, rules);

    /// <exception cref="IOException">The kernel does not tell.</exception>
    public static NetworkChanges Open()
    {
        var routes = Open(Libc.NETLINK_ROUTE, RouteGroups);
        try
        {
            return new NetworkChanges(routes, Open(Libc.NETLINK_NETFILTER, [Nftables]));
        }
        catch
        {
            routes.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Calls back for each change until it is disposed of or told to stop: for any of routes, links and addresses, and for one that may have taken something of
    /// ours. Also when changes were missed. Ends with the first of both sockets that fails: the other one alone would tell half.
    /// </summary>
    /// <param name="changed">Of routes, links and addresses: whether links are among them.</param>
    /// <param name="taken">Of what is ours, maybe.</param>
    /// <param name="stop">Ends it.</param>
    public async Task FollowAsync(Action<bool> changed, Action taken, CancellationToken stop)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(stop);
        await Task.WhenAll(
            ReadAsync(_routes, datagram => OnRoutes(datagram, changed, taken), both),
            ReadAsync(_rules, datagram =>
            {
                if (TouchesOurs(datagram)) taken();
            }, both));
    }

    public void Dispose()
    {
        _routes.Dispose();
        _rules.Dispose();
    }

    private static void OnRoutes(ReadOnlySpan<byte> datagram, Action<bool> changed, Action taken)
    {
        // Lost ones may have been anything.
        bool links = datagram.IsEmpty, mayBeOurs = datagram.IsEmpty;
        var messages = new NetlinkMessages(datagram);
        while (messages.MoveNext())
        {
            var message = messages.Current;
            links |= message.Type is AnswerRouteMessages.NewLink or AnswerRouteMessages.DeleteLink;
            mayBeOurs |= AnswerRouteMessages.MayBeOurs(message);
        }

        changed(links);
        if (mayBeOurs || messages.Malformed) taken();
    }

    internal static bool TouchesOurs(ReadOnlySpan<byte> datagram)
    {
        var messages = new NetlinkMessages(datagram);
        while (messages.MoveNext())
        {
            var message = messages.Current;
            if (message.Type >> 8 != Subsystem || !Harmful.Contains(message.Type & 0xff) || message.Payload.Length < GenericLength) continue;
            var attributes = new NetlinkAttributes(message.Payload[GenericLength..]);
            while (attributes.MoveNext())
            {
                if (attributes.Type == TableName && Encoding.ASCII.GetString(attributes.Value.TrimEnd((byte)0)) == MarkScript.Name) return true;
            }
        }

        return datagram.IsEmpty || messages.Malformed;
    }

    private delegate void Reader(ReadOnlySpan<byte> datagram);

    private static async Task ReadAsync(Socket socket, Reader read, CancellationTokenSource both)
    {
        try
        {
            await ReadAsync(socket, read, both.Token);
        }
        finally
        {
            await both.CancelAsync();
        }
    }

    private static async Task ReadAsync(Socket socket, Reader read, CancellationToken stop)
    {
        byte[] buffer = new byte[64 * 1024];
        while (!stop.IsCancellationRequested)
        {
            try
            {
                int received = await socket.ReceiveAsync(buffer, SocketFlags.None, stop);
                read(buffer.AsSpan(0, received));
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.NoBufferSpaceAvailable)
            {
                read([]);
            }
        }
    }

    private static unsafe Socket Open(int family, int[] groups)
    {
        int descriptor = Libc.NetlinkSocket(family);
        if (descriptor < 0) throw Broken(descriptor);
        var handle = new SafeSocketHandle(descriptor, ownsHandle: true);
        try
        {
            int result = Libc.SetNonBlocking(descriptor);
            uint* address = stackalloc uint[3] { Libc.AF_NETLINK, 0, 0 };
            if (result >= 0) result = Libc.Bind(descriptor, (byte*)address, 12);
            if (result >= 0 && Libc.SetOption(descriptor, Libc.SOL_SOCKET, Libc.SO_RCVBUFFORCE, BufferBytes) < 0)
                result = Libc.SetOption(descriptor, Libc.SOL_SOCKET, Libc.SO_RCVBUF, BufferBytes);
            foreach (int group in groups)
            {
                if (result >= 0) result = Libc.SetOption(descriptor, Libc.SOL_NETLINK, Libc.NETLINK_ADD_MEMBERSHIP, group);
            }

            return result >= 0 ? new Socket(handle) : throw Broken(result);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private static IOException Broken(int result) => new($"changes of the network cannot be followed: {Marshal.GetPInvokeErrorMessage(-result)}", -result);
}
