using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using UserProxy.Linux.Host;
using UserProxy.Linux.Kernel;

namespace UserProxy.Linux.HandOver;

/// <summary>
/// Messages with descriptors over a connected Unix stream socket (unix(7), SCM_RIGHTS): each is bounded, and has a kind of its own. Whoever reads trusts the
/// other end no further than its user reaches (<see cref="Peer"/>). One reader and one writer at a time. Used by both sides of a hand-over.
/// </summary>
/// <param name="socket">Connected; becomes the channel's.</param>
public sealed class DescriptorChannel(Socket socket) : IDisposable
{
    /// <summary>SCM_MAX_FD of the kernel.</summary>
    public const int MostDescriptors = 253;

    /// <summary>Of the bytes of one message.</summary>
    public const int LongestMessage = 64 * 1024;

    /// <summary>Length, kind, how many descriptors: a word and two halves.</summary>
    private const int HeaderLength = 8;

    private bool _isBroken;

    /// <summary>By what the kernel says: who has connected, or who listens.</summary>
    public LockHolder Peer => LockHolder.Of(socket);

    /// <exception cref="IOException">The other end has gone, or does not read.</exception>
    public unsafe void Send(ushort kind, ReadOnlySpan<byte> payload, params IReadOnlyList<SafeHandle> descriptors)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, LongestMessage);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(descriptors.Count, MostDescriptors);
        byte[] frame = new byte[HeaderLength + payload.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, payload.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(frame.AsSpan(4), kind);
        BinaryPrimitives.WriteUInt16LittleEndian(frame.AsSpan(6), (ushort)descriptors.Count);
        payload.CopyTo(frame.AsSpan(HeaderLength));
        int held = 0;
        int* numbers = stackalloc int[MostDescriptors];
        bool holdsSocket = false;
        try
        {
            socket.SafeHandle.DangerousAddRef(ref holdsSocket);
            for (; held < descriptors.Count; held++)
            {
                bool isHeld = false;
                descriptors[held].DangerousAddRef(ref isHeld);
                numbers[held] = (int)descriptors[held].DangerousGetHandle();
            }

            fixed (byte* bytes = frame) Send(bytes, frame.Length, numbers, held);
        }
        catch (ObjectDisposedException e)
        {
            throw new IOException("a socket was closed while it was handed over", e);
        }
        finally
        {
            while (held > 0) descriptors[--held].DangerousRelease();
            if (holdsSocket) socket.SafeHandle.DangerousRelease();
        }
    }

    /// <summary>The next message, whose descriptors are the caller's; null when the other end has closed in order.</summary>
    /// <exception cref="IOException">The other end has gone in the middle of it, or of what it was sent.</exception>
    /// <exception cref="InvalidDataException">It is none of ours, or it cannot be had here as a whole.</exception>
    public async Task<ChannelMessage?> ReceiveAsync(CancellationToken cancellation)
    {
        byte[] header = new byte[HeaderLength];
        var descriptors = new List<SafeHandle>();
        try
        {
            int read;
            // Nothing is read before something is there: a plain read would lose the descriptors.
            do await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, cancellation);
            while (!TryReceiveHeader(header, descriptors, out read));
            if (read == 0) return null;
            if (read < HeaderLength) await ReceiveAllAsync(header.AsMemory(read), cancellation);
            int length = BinaryPrimitives.ReadInt32LittleEndian(header);
            if (length is < 0 or > LongestMessage) throw new InvalidDataException($"a message of {length} bytes is none of userproxy's");
            byte[] payload = new byte[length];
            await ReceiveAllAsync(payload, cancellation);
            int announced = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(6));
            if (announced != descriptors.Count)
                throw new InvalidDataException(
                    $"{announced} descriptors were sent and {descriptors.Count} have come: too few may be open here (ulimit -n, LimitNOFILE)");
            var message = new ChannelMessage(BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(4)), payload, descriptors);
            descriptors = [];
            return message;
        }
        catch (SocketException e)
        {
            throw new IOException(e.Message, e);
        }
        finally
        {
            foreach (var descriptor in descriptors) descriptor.Dispose();
        }
    }

    /// <summary>
    /// From now on whatever the other end sends fails there (EPIPE), at once and for good; what it has sent before can be received, and then its end is met.
    /// </summary>
    public void RefuseToReceive() => socket.Shutdown(SocketShutdown.Receive);

    public void Dispose() => socket.Dispose();

    private unsafe void Send(byte* bytes, int length, int* descriptors, int count)
    {
        // What follows a part of a message would be read as its rest.
        if (_isBroken) throw new IOException("the other process has not read all of the message before");
        int result = Libc.SendDescriptors((int)socket.Handle, bytes, length, descriptors, count);
        // The two take turns: what is sent fits the buffer, or nobody reads it.
        _isBroken |= result > 0 && result != length;
        if (result != length) throw new IOException(result < 0 ? Errno.ToException(result).Message : "the other process does not read");
    }

    /// <summary>False when nothing is there after all.</summary>
    private unsafe bool TryReceiveHeader(Span<byte> header, List<SafeHandle> descriptors, out int read)
    {
        int* numbers = stackalloc int[MostDescriptors];
        int count = MostDescriptors;
        fixed (byte* bytes = header) read = Libc.ReceiveDescriptors((int)socket.Handle, bytes, header.Length, numbers, &count);
        for (int i = 0; i < count; i++) descriptors.Add(new SafeFileHandle(numbers[i], ownsHandle: true));
        if (read == -Errno.EAGAIN) return false;
        return read >= 0 ? true : throw Errno.ToException(read);
    }

    private async Task ReceiveAllAsync(Memory<byte> bytes, CancellationToken cancellation)
    {
        while (bytes.Length > 0)
        {
            int read = await socket.ReceiveAsync(bytes, SocketFlags.None, cancellation);
            if (read == 0) throw new IOException("the other process has gone in the middle of a message");
            bytes = bytes[read..];
        }
    }
}

/// <summary>One message of a <see cref="DescriptorChannel"/>.</summary>
/// <param name="Kind">What it means is the business of those who talk.</param>
/// <param name="Payload">At most <see cref="DescriptorChannel.LongestMessage"/>.</param>
/// <param name="Descriptors">As they were sent; whoever takes one disposes of it.</param>
public sealed record ChannelMessage(ushort Kind, byte[] Payload, IReadOnlyList<SafeHandle> Descriptors) : IDisposable
{
    /// <summary>Closes those that nobody has taken the number of.</summary>
    public void Dispose()
    {
        foreach (var descriptor in Descriptors) descriptor.Dispose();
    }
}
