using System.Runtime.InteropServices;

namespace UserProxy.Linux.Uring;

/// <summary>struct io_uring_sqe of io_uring_enter(2): what the kernel is asked to do. Its unions are named for what we put there.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct SubmissionEntry
{
    [FieldOffset(0)]
    public byte Operation;

    [FieldOffset(1)]
    public byte Flags;

    /// <summary>ioprio: how receives and sends are done.</summary>
    [FieldOffset(2)]
    public ushort Mode;

    [FieldOffset(4)]
    public int Descriptor;

    /// <summary>off: of a connect, the length of the address; of a command, which.</summary>
    [FieldOffset(8)]
    public ulong Offset;

    /// <summary>addr: what is sent, or where to; of an option, its level and above it its name.</summary>
    [FieldOffset(16)]
    public ulong Address;

    [FieldOffset(24)]
    public uint Length;

    /// <summary>msg_flags, poll32_events, cancel_flags.</summary>
    [FieldOffset(28)]
    public uint OperationFlags;

    [FieldOffset(32)]
    public ulong UserData;

    [FieldOffset(40)]
    public ushort BufferGroup;

    /// <summary>optlen: bytes of the option's value.</summary>
    [FieldOffset(44)]
    public uint OptionLength;

    /// <summary>optval: where the option's value is.</summary>
    [FieldOffset(48)]
    public ulong OptionValue;
}

/// <summary>struct io_uring_cqe: what became of an entry.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CompletionEntry
{
    public ulong UserData;
    public int Result;
    public uint Flags;
}

/// <summary>struct io_sqring_offsets: where in the mapping the fields of the submission ring are.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SubmissionOffsets
{
    public uint Head, Tail, RingMask, RingEntries, Flags, Dropped, Array, Reserved1;
    public ulong Reserved2;
}

/// <summary>struct io_cqring_offsets.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CompletionOffsets
{
    public uint Head, Tail, RingMask, RingEntries, Overflow, Entries, Flags, Reserved1;
    public ulong Reserved2;
}

/// <summary>struct io_uring_params of io_uring_setup(2).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RingParameters
{
    public uint SubmissionEntries, CompletionEntries, Flags, ThreadCpu, ThreadIdle, Features, WorkQueue, Reserved0, Reserved1, Reserved2;
    public SubmissionOffsets Submission;
    public CompletionOffsets Completion;
}

/// <summary>struct io_uring_getevents_arg: a wait with an end.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct WaitArgument
{
    public ulong SignalMask;
    public uint SignalMaskLength, MinimumWait;
    public ulong Timeout;
}

/// <summary>struct __kernel_timespec.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct KernelTime
{
    public long Seconds, Nanoseconds;
}

/// <summary>struct io_uring_buf: one buffer that the kernel may fill. The last field of the first one in the ring is the ring's tail.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ProvidedBuffer
{
    public ulong Address;
    public uint Length;
    public ushort Id, Tail;
}

/// <summary>struct io_uring_buf_reg of IORING_REGISTER_PBUF_RING.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BufferRingRegistration
{
    public ulong Address;
    public uint Entries;
    public ushort Group, Flags;
    public ulong Reserved0, Reserved1, Reserved2;
}

/// <summary>struct io_uring_rsrc_update of IORING_REGISTER_RING_FDS.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RingDescriptorRegistration
{
    public uint Offset, Reserved;
    public ulong Data;
}

/// <summary>struct io_uring_restriction of IORING_REGISTER_RESTRICTIONS.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Restriction
{
    public ushort Kind;
    public byte Value, Reserved0;
    public uint Reserved1, Reserved2, Reserved3;
}
