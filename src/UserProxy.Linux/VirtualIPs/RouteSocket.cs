using System.Net;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.Netlink;

namespace UserProxy.Linux.VirtualIPs;

/// <summary>
/// A socket for requests to the kernel's routing (rtnetlink(7)). Calls block, for microseconds a route: the kernel answers before send returns.
/// It stays in the network namespace in which it was opened. One caller at a time. Used by <see cref="RoutedVirtualIPs"/> and
/// <see cref="VirtualIPCleanup"/>; failures of the socket itself are IOExceptions.
/// </summary>
internal sealed unsafe class RouteSocket : IDisposable
{
    // A dump comes in pieces of up to 32 KiB (netlink_recvmsg allocates no more).
    private const int BufferLength = 64 * 1024;

    // Answers wait in the receive buffer until all of a batch are done: each costs about 1 KiB of its 208 KiB.
    private const int Batch = 128;

    private const int SecondsToAnswer = 5;
    private const int DumpAttempts = 5;

    private readonly FileHandle _socket;
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferLength, pinned: true);
    private uint _sequence;

    private RouteSocket(FileHandle socket, uint port)
    {
        _socket = socket;
        Port = port;
    }

    /// <summary>By which notifications name the one who changed something.</summary>
    public uint Port { get; }

    public static RouteSocket Open()
    {
        int descriptor = Libc.RouteSocket(blocking: true);
        if (descriptor < 0) throw Broken("opened", descriptor);
        var socket = new FileHandle(descriptor);
        try
        {
            // The last three are refinements that old kernels lack.
            int result = Libc.SetReceiveTimeout(descriptor, SecondsToAnswer);
            _ = Libc.SetOption(descriptor, Libc.SOL_NETLINK, Libc.NETLINK_CAP_ACK, 1);
            _ = Libc.SetOption(descriptor, Libc.SOL_NETLINK, Libc.NETLINK_EXT_ACK, 1);
            _ = Libc.SetOption(descriptor, Libc.SOL_NETLINK, Libc.NETLINK_GET_STRICT_CHK, 1);
            // struct sockaddr_nl: family, padding, port (0: the kernel chooses), groups.
            uint* address = stackalloc uint[3] { Libc.AF_NETLINK, 0, 0 };
            int length = 12;
            if (result >= 0) result = Libc.Bind(descriptor, (byte*)address, length);
            if (result >= 0) result = Libc.LocalAddress(descriptor, (byte*)address, &length);
            return result >= 0 ? new RouteSocket(socket, address[1]) : throw Broken("set up", result);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Whether routes may be changed at all, found out without changing any: the kernel checks the right before it looks for the route, and
    /// 255.255.255.255 is never one of ours. Null for yes, else the reason.
    /// </summary>
    public string? WhyNotPermitted()
    {
        int errno = Change(RouteChange.Remove, [IPAddress.Broadcast]) is [var failure] ? failure.Errno : 0;
        return errno == Errno.EPERM ? RouteFailure.Describe(errno, null) : null;
    }

    /// <summary>Adds or removes our routes to <paramref name="addresses"/>; returns those that the kernel refused. The others are done.</summary>
    public List<RouteFailure> Change(RouteChange change, IEnumerable<IPAddress> addresses)
    {
        var failures = new List<RouteFailure>();
        foreach (var batch in addresses.Chunk(Batch)) ChangeBatch(change, batch, failures);
        return failures;
    }

    /// <summary>All host routes of the table "local", both families; asked again when the table changed in the middle (NLM_F_DUMP_INTR).</summary>
    public LocalTable Dump()
    {
        for (int attempt = 1; ; attempt++)
        {
            var table = new LocalTable();
            bool whole = DumpFamily(Libc.AF_INET, table) & DumpFamily(Libc.AF_INET6, table);
            // A table that never stands still is taken as it is: every change of it is announced, and leads to the next dump.
            if (whole || attempt == DumpAttempts) return table;
        }
    }

    public void Dispose() => _socket.Dispose();

    private void ChangeBatch(RouteChange change, IPAddress[] batch, List<RouteFailure> failures)
    {
        uint first = _sequence + 1;
        int length = 0;
        foreach (var address in batch) length += RouteMessages.WriteChange(_buffer.AsSpan(length), change, address, ++_sequence);
        Send(length);
        int unanswered = batch.Length;
        while (unanswered > 0)
        {
            var messages = Receive();
            while (messages.MoveNext())
            {
                uint index = messages.Current.Sequence - first;
                if (index >= (uint)batch.Length || messages.Current.Type != RouteMessages.Error) continue;
                unanswered--;
                var (errno, text) = RouteMessages.ReadError(messages.Current);
                if (errno != 0) failures.Add(new RouteFailure(batch[index], errno, text));
            }

            if (messages.Malformed) throw new IOException("the kernel's answer to a route request is cut off");
        }
    }

    private bool DumpFamily(int family, LocalTable table)
    {
        Send(RouteMessages.WriteDump(_buffer, family, ++_sequence));
        bool whole = true;
        while (true)
        {
            var messages = Receive();
            while (messages.MoveNext())
            {
                var message = messages.Current;
                if (message.Sequence != _sequence) continue;
                if ((message.Flags & RouteMessages.DumpInterrupted) != 0) whole = false;
                switch (message.Type)
                {
                    case RouteMessages.NewRoute:
                        if (RouteMessages.ReadRoute(message.Payload) is { } route) table.Add(route);
                        break;
                    case RouteMessages.Done:
                        return EndOfDump(RouteMessages.ReadDone(message.Payload), whole);
                    case RouteMessages.Error:
                        return EndOfDump(RouteMessages.ReadError(message).Errno, whole);
                }
            }

            if (messages.Malformed) throw new IOException("the kernel's list of routes is cut off");
        }
    }

    // A family that the kernel does not have has no routes.
    private static bool EndOfDump(int errno, bool whole) =>
        errno is 0 or Errno.EOPNOTSUPP or Errno.EAFNOSUPPORT or Errno.ENOENT ? whole : throw Broken("read", -errno);

    private void Send(int length)
    {
        fixed (byte* buffer = _buffer)
        {
            int result = Libc.Send(_socket.Descriptor, buffer, length);
            if (result < 0) throw Broken("written", result);
        }
    }

    private NetlinkMessages Receive()
    {
        fixed (byte* buffer = _buffer)
        {
            int result = Libc.Receive(_socket.Descriptor, buffer, _buffer.Length);
            if (result == -Errno.EAGAIN) throw new IOException($"the kernel did not answer a route request within {SecondsToAnswer} s");
            return result >= 0 ? new NetlinkMessages(_buffer.AsSpan(0, result)) : throw Broken("read", result);
        }
    }

    private static IOException Broken(string verb, int result) =>
        new($"the route socket cannot be {verb}: {System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(-result)}");
}

/// <summary>The host routes of the table "local" at one moment, both families: our own, and the addresses that others made local.</summary>
internal sealed class LocalTable
{
    public HashSet<IPAddress> Ours { get; } = [];

    public HashSet<IPAddress> Foreign { get; } = [];

    public void Add(LocalRoute route) => (route.IsOurs ? Ours : Foreign).Add(route.Address);
}

/// <summary>What <see cref="RouteSocket.Change"/> does to routes.</summary>
internal enum RouteChange
{
    Add,
    Remove,
}
