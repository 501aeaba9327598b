using System.Runtime.InteropServices;

namespace UserProxy.Linux.SocketFilters;

/// <summary>struct sock_fprog of linux/filter.h, on 64 bits.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct FilterProgram
{
    public ushort Length;
    public FilterInstruction* Instructions;
}

/// <summary>struct sock_filter of linux/filter.h: one instruction of classic BPF. Jumps are relative to the next instruction.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct FilterInstruction(ushort Code, byte IfTrue, byte IfFalse, uint Value);
