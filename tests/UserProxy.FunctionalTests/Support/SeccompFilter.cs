using System.Globalization;

namespace UserProxy.FunctionalTests.Support;

/// <summary>A filter of system calls, as container runtimes set one: what is refused is of io_uring_setup(2) and its two siblings.</summary>
internal static class SeccompFilter
{
    /// <summary>BPF of seccomp(2), then exec: the calls have one number on x86-64 and arm64.</summary>
    private const string Script = """
        import ctypes, os, struct, sys
        LOAD, EQUAL, AT_LEAST, ABOVE, RETURN = 0x20, 0x15, 0x35, 0x25, 0x06
        ALLOW, ERRNO = 0x7fff0000, 0x00050000
        NUMBER, SECOND_ARGUMENT = 0, 24
        operation = [(LOAD, 0, 0, SECOND_ARGUMENT), (EQUAL, 0, 1, int(sys.argv[4]))] if int(sys.argv[4]) else []
        code = b''.join(struct.pack('=HBBI', *instruction) for instruction in [
            (LOAD, 0, 0, NUMBER),
            (AT_LEAST, 0, 2 + len(operation), int(sys.argv[2])),
            (ABOVE, 1 + len(operation), 0, int(sys.argv[3])),
            *operation,
            (RETURN, 0, 0, ERRNO | int(sys.argv[1])),
            (RETURN, 0, 0, ALLOW)])
        class Program(ctypes.Structure):
            _fields_ = [('length', ctypes.c_ushort), ('code', ctypes.c_char_p)]
        prctl = ctypes.CDLL(None, use_errno=True).prctl
        prctl.argtypes = [ctypes.c_int, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_ulong]
        NO_NEW_PRIVILEGES, SECCOMP, FILTER = 38, 22, 2
        if prctl(NO_NEW_PRIVILEGES, 1, None, 0, 0) or prctl(SECCOMP, FILTER, ctypes.byref(Program(len(code) // 8, code)), 0, 0):
            sys.exit('no filter can be set: errno %d' % ctypes.get_errno())
        os.execvp(sys.argv[5], sys.argv[5:])
        """;

    /// <summary>A program that sets the filter and becomes the one that follows. Needs python3.</summary>
    public static string[] RefusingIoUring(int errno) => Refusing(errno, "425", "427");

    /// <summary>As <see cref="RefusingIoUring"/>, io_uring_enter(2) alone: a ring can be made and is of no use.</summary>
    public static string[] RefusingToEnter(int errno) => Refusing(errno, "426", "426");

    /// <summary>As <see cref="RefusingIoUring"/>, one operation of io_uring_register(2) alone.</summary>
    public static string[] RefusingToRegister(int errno, int operation) => Refusing(errno, "427", "427", operation);

    private static string[] Refusing(int errno, string first, string last, int operation = 0) =>
        ["python3", "-c", Script, errno.ToString(CultureInfo.InvariantCulture), first, last, operation.ToString(CultureInfo.InvariantCulture)];
}
