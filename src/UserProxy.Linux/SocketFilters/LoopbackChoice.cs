using System.Runtime.InteropServices;
using UserProxy.Linux.Kernel;

namespace UserProxy.Linux.SocketFilters;

/// <summary>
/// Two listening sockets at one address and port (SO_REUSEPORT), of which the second has what comes over the loopback link, as all does that the node sends to
/// itself, and the first has the rest: whoever fills the one queue leaves the other empty. A third one would get nothing. A classic BPF program
/// (SO_ATTACH_REUSEPORT_CBPF, socket(7), Linux 4.6), so it needs no privilege. Used by the HTTP servers of the executable.
/// </summary>
public static class LoopbackChoice
{
    /// <summary>SKF_AD_OFF + SKF_AD_IFINDEX of linux/filter.h: the link that a packet has come over.</summary>
    private const uint Link = unchecked((uint)(-0x1000 + 8));

    /// <summary>In each network namespace (LOOPBACK_IFINDEX of the kernel).</summary>
    private const uint Loopback = 1;

    private static readonly FilterInstruction[] Program =
    [
        new(SynFilterCompiler.LoadWord, 0, 0, Link),
        new(SynFilterCompiler.JumpIfEqual, 0, 1, Loopback),
        new(SynFilterCompiler.Return, 0, 0, 1),
        new(SynFilterCompiler.Return, 0, 0, 0),
    ];

    /// <summary>To be set on the first before the second listens; until then it has all. False when the kernel does not take it.</summary>
    /// <param name="first">In LISTEN, with SO_REUSEPORT, which both have to keep.</param>
    public static unsafe bool TrySet(SafeHandle first)
    {
        if (!OperatingSystem.IsLinux()) return false;
        bool held = false;
        try
        {
            first.DangerousAddRef(ref held);
            fixed (FilterInstruction* instructions = Program)
            {
                var program = new FilterProgram { Length = (ushort)Program.Length, Instructions = instructions };
                return Libc.AttachChoice((int)first.DangerousGetHandle(), &program) >= 0;
            }
        }
        finally
        {
            if (held) first.DangerousRelease();
        }
    }
}
