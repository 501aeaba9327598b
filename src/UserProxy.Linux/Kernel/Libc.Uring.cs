using System.Runtime.InteropServices;

namespace UserProxy.Linux.Kernel;

/// <summary>The three calls of io_uring(7), which the C library has no names for, and the memory that they share with the kernel.</summary>
internal static unsafe partial class Libc
{
    public const int PROT_READ = 1, PROT_WRITE = 2;
    public const int MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_ANONYMOUS = 0x20, MAP_NORESERVE = 0x4000, MAP_POPULATE = 0x8000;

    // The same on x86-64 and arm64, as those of all calls since Linux 5.1.
    private const nint NR_io_uring_setup = 425, NR_io_uring_enter = 426, NR_io_uring_register = 427;

    private const int MADV_DONTNEED = 4;

    private const nint MapFailed = -1;

    public static int RingSetup(uint entries, Uring.RingParameters* parameters) =>
        (int)Result(syscall(NR_io_uring_setup, (nint)entries, (nint)parameters, 0, 0, 0, 0));

    /// <summary>Not repeated after EINTR: the caller looks at what has come meanwhile.</summary>
    public static int RingEnter(int ring, uint toSubmit, uint waitFor, uint flags, void* argument, nuint argumentLength) =>
        (int)Result(syscall(NR_io_uring_enter, ring, (nint)toSubmit, (nint)waitFor, (nint)flags, (nint)argument, (nint)argumentLength));

    public static int RingRegister(int ring, uint operation, void* argument, uint count) =>
        (int)Result(syscall(NR_io_uring_register, ring, (nint)operation, (nint)argument, (nint)count, 0, 0));

    /// <summary>Null and minus errno when the kernel does not give it.</summary>
    public static byte* Map(nuint length, int flags, int fd, long offset, out int error)
    {
        nint address = mmap(0, length, PROT_READ | PROT_WRITE, flags, fd, offset);
        error = address == MapFailed ? -Marshal.GetLastPInvokeError() : 0;
        return address == MapFailed ? null : (byte*)address;
    }

    /// <summary>Gives the memory back and keeps the addresses: zeros are read there.</summary>
    public static void Discard(byte* address, nuint length) => _ = madvise((nint)address, length, MADV_DONTNEED);

    public static void Unmap(byte* address, nuint length) => _ = munmap((nint)address, length);

#pragma warning disable SYSLIB1054, IDE1006 // the C names, as in the man pages
    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint mmap(nint address, nuint length, int protection, int flags, int fd, long offset);

    [LibraryImport("libc")]
    private static partial int madvise(nint address, nuint length, int advice);

    [LibraryImport("libc")]
    private static partial int munmap(nint address, nuint length);
#pragma warning restore SYSLIB1054, IDE1006
}
