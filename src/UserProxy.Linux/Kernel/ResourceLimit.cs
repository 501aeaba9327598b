namespace UserProxy.Linux.Kernel;

/// <summary>struct rlimit of getrlimit(2) on 64-bit systems.</summary>
internal struct ResourceLimit
{
    public ulong Current;
    public ulong Maximum;
}
