using System.Runtime.InteropServices;

namespace UserProxy.Linux.SynFilters;

/// <summary>struct sock_fprog of linux/filter.h, on 64 bits.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct FilterProgram
{
    public ushort Length;
    public FilterInstruction* Instructions;
}
