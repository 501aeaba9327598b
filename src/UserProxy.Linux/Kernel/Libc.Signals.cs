using System.Runtime.InteropServices;

namespace UserProxy.Linux.Kernel;

/// <summary>What .NET does not say of signals: signal(2), signal(7).</summary>
internal static unsafe partial class Libc
{
    public const int SIGTERM = 15, SIGTSTP = 20;

    private const nint SIG_DFL = 0;

    /// <summary>Whatever this process was started with, the signal has its default effect again.</summary>
    public static void RestoreDefault(int number) => signal(number, SIG_DFL);

    /// <summary>To the calling thread, which does not go on before the signal has had its effect (raise(3)).</summary>
    public static void Raise(int number) => _ = raise(number);

#pragma warning disable SYSLIB1054, IDE1006 // the C names, as in the man pages
    [LibraryImport("libc")]
    private static partial nint signal(int signum, nint handler);

    [LibraryImport("libc")]
    private static partial int raise(int sig);
#pragma warning restore SYSLIB1054, IDE1006
}
