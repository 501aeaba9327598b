using System.Runtime.InteropServices;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.PortInspection;

namespace UserProxy.Linux.Netlink;

/// <summary>
/// A netlink socket for one question at a time, whose answer may come in many datagrams. Failures are IOExceptions for the caller on this island to turn into
/// words. Used by <see cref="SocketTable"/>, <see cref="NatLookup"/> and AddressesInUse.
/// </summary>
internal sealed unsafe class NetlinkQuery : IDisposable
{
    // A dump comes in pieces of up to 32 KiB (netlink_recvmsg allocates no more).
    private const int BufferLength = 64 * 1024;
    private const int SecondsToAnswer = 1;

    private readonly FileHandle _socket;
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferLength, pinned: true);
    private uint _sequence;

    private NetlinkQuery(FileHandle socket) => _socket = socket;

    /// <summary>What is done with each message of an answer; false when it was the last.</summary>
    public delegate bool Reader(NetlinkMessage message);

    /// <summary>Writes a request with this sequence number into the buffer and returns its length.</summary>
    public delegate int Writer(Span<byte> buffer, uint sequence);

    public static NetlinkQuery Open(int family)
    {
        int descriptor = Libc.NetlinkSocket(family);
        if (descriptor < 0) throw Broken(descriptor);
        var query = new NetlinkQuery(new FileHandle(descriptor));
        int result = Libc.SetReceiveTimeout(descriptor, SecondsToAnswer);
        if (result >= 0) return query;
        query.Dispose();
        throw Broken(result);
    }

    public void Ask(Writer write, Reader read)
    {
        uint sequence = ++_sequence;
        int length = write(_buffer, sequence);
        fixed (byte* buffer = _buffer)
        {
            int sent = Libc.Send(_socket.Descriptor, buffer, length);
            if (sent < 0) throw Broken(sent);
            while (true)
            {
                int received = Libc.Receive(_socket.Descriptor, buffer, _buffer.Length);
                if (received < 0) throw Broken(received);
                var messages = new NetlinkMessages(_buffer.AsSpan(0, received));
                while (messages.MoveNext())
                {
                    // The rest of an earlier answer that was given up.
                    if (messages.Current.Sequence != sequence) continue;
                    if (messages.Current.Type == DiagMessages.Error) ThrowUnlessAcknowledged(messages.Current.Payload);
                    if (!read(messages.Current)) return;
                }

                if (messages.Malformed || received == 0) throw new IOException("the kernel's answer is cut off");
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    private static void ThrowUnlessAcknowledged(ReadOnlySpan<byte> payload)
    {
        int error = payload.Length < sizeof(int) ? -Errno.EINVAL : MemoryMarshal.Read<int>(payload);
        if (error != 0) throw Broken(error);
    }

    // HResult is how the callers tell "not there" from "not permitted".
    private static IOException Broken(int result) =>
        new(result == -Errno.EAGAIN ? "the kernel did not answer" : Marshal.GetPInvokeErrorMessage(-result), -result);
}
