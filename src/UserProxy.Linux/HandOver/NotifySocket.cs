using System.IO.Pipes;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using UserProxy.Linux.Kernel;

namespace UserProxy.Linux.HandOver;

/// <summary>
/// Messages to the service manager that has started this process, with descriptors where it is to keep some: datagrams to a Unix socket, as sd_notify(3) and
/// sd_pid_notify_with_fds(3) have them. Used by the executable.
/// </summary>
public sealed class NotifySocket : IDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(2);

    private readonly Socket _socket;

    private NotifySocket(Socket socket) => _socket = socket;

    /// <param name="address">Of <c>NOTIFY_SOCKET</c>: a path, or with a leading <c>@</c> an abstract name.</param>
    /// <exception cref="IOException">Nobody is there.</exception>
    public static NotifySocket Connect(string address)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(address.StartsWith('@') ? '\0' + address[1..] : address));
            return new NotifySocket(socket);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            socket.Dispose();
            throw new IOException(e.Message, e);
        }
    }

    /// <summary>Returns when the message is in the manager's queue.</summary>
    /// <param name="message">As <c>READY=1</c>; several are a line each.</param>
    /// <param name="patience">With a manager that does not read.</param>
    /// <param name="time">Measures it.</param>
    /// <param name="descriptors">Stay the caller's; the manager gets copies.</param>
    /// <exception cref="IOException">It is gone, or its queue was full all the time.</exception>
    /// <exception cref="ObjectDisposedException">A descriptor has been closed.</exception>
    public async Task SendAsync(string message, TimeSpan patience, TimeProvider time, params IReadOnlyList<SafeHandle> descriptors)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(message);
        long began = time.GetTimestamp();
        while (true)
        {
            int result = Send(bytes, descriptors);
            if (result >= 0) return;
            if (result != -Errno.EAGAIN || time.GetElapsedTime(began) >= patience) throw new IOException(Errno.ToException(result).Message);
            await Task.Delay(RetryAfter, time);
        }
    }

    /// <summary>Returns when the manager has done what it was told before (<c>BARRIER=1</c>), or does not say so in time.</summary>
    public async Task FlushAsync(TimeSpan patience, TimeProvider time)
    {
        using var read = new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.None);
        await SendAsync("BARRIER=1", patience, time, read.ClientSafePipeHandle);
        read.DisposeLocalCopyOfClientHandle();
        // It closes its end.
        var closed = read.ReadAsync(new byte[1]).AsTask();
        await Task.WhenAny(closed, Task.Delay(patience, time));
    }

    public void Dispose() => _socket.Dispose();

    private unsafe int Send(byte[] bytes, IReadOnlyList<SafeHandle> descriptors)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(descriptors.Count, DescriptorChannel.MostDescriptors);
        int held = 0;
        int* numbers = stackalloc int[DescriptorChannel.MostDescriptors];
        try
        {
            for (; held < descriptors.Count; held++)
            {
                bool isHeld = false;
                descriptors[held].DangerousAddRef(ref isHeld);
                numbers[held] = (int)descriptors[held].DangerousGetHandle();
            }

            fixed (byte* first = bytes) return Libc.SendDescriptors((int)_socket.Handle, first, bytes.Length, numbers, held);
        }
        finally
        {
            while (held > 0) descriptors[--held].DangerousRelease();
        }
    }
}
