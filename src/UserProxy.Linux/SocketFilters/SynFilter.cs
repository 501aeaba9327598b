using System.Net.Sockets;
using System.Runtime.InteropServices;
using UserProxy.Linux.Kernel;
using UserProxy.Policy;

namespace UserProxy.Linux.SocketFilters;

/// <summary>
/// Has the kernel discard the SYNs of clients that a listening socket does not admit: they see no answer, as from a firewall. A classic BPF program on the
/// socket itself (SO_ATTACH_FILTER, socket(7)), so it needs no privilege and no netfilter, and it goes with the socket. Used by both transports.
/// </summary>
public static class SynFilter
{
    /// <summary>
    /// Replaces the filter of a TCP socket; null takes it away. Set before listen(2) it leaves no gap. False when the admission does not fit a program or the
    /// kernel does not take it; then the socket has no filter.
    /// </summary>
    /// <param name="socket">Open; may be in LISTEN.</param>
    /// <param name="family">The socket's.</param>
    /// <param name="admission">Whom to let in.</param>
    public static bool TrySet(SafeHandle socket, AddressFamily family, Admission? admission)
    {
        if (!OperatingSystem.IsLinux()) return admission is null;
        bool held = false;
        try
        {
            socket.DangerousAddRef(ref held);
            int descriptor = (int)socket.DangerousGetHandle();
            if (admission is not null && SynFilterCompiler.Compile(admission, family) is { } program && Attach(descriptor, program) >= 0) return true;
            // There may be none: that is no failure.
            Libc.DetachFilter(descriptor);
            return admission is null;
        }
        catch (ObjectDisposedException)
        {
            // Its accept loop has died and closed it.
            return false;
        }
        finally
        {
            if (held) socket.DangerousRelease();
        }
    }

    private static unsafe int Attach(int descriptor, FilterInstruction[] program)
    {
        fixed (FilterInstruction* instructions = program)
        {
            var filter = new FilterProgram { Length = (ushort)program.Length, Instructions = instructions };
            return Libc.AttachFilter(descriptor, &filter);
        }
    }
}
