using System.Globalization;
using System.Runtime.InteropServices;

namespace UserProxy.Scenarios.Backends;

/// <summary>Borrows the sockets of a child (pidfd_getfd(2)) to set what the child has no setting for.</summary>
internal static class ForeignSockets
{
    private const int PidfdOpen = 434, PidfdGetfd = 438; // the same on every architecture

    private const int SolSocket = 1, SoType = 3, SoDomain = 39, SoRcvBufForce = 33, AfInet = 2, SockDgram = 2;

    /// <summary>False while it has no UDP socket.</summary>
    public static bool DeepenUdp(int process, int bytes)
    {
        bool found = false;
        int pidfd = (int)SysCall(PidfdOpen, process, 0, 0);
        if (pidfd < 0) return false;
        foreach (string entry in Directory.EnumerateFileSystemEntries(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/fd")))
        {
            if (!IsSocket(entry)) continue;
            int own = (int)SysCall(PidfdGetfd, pidfd, int.Parse(Path.GetFileName(entry), CultureInfo.InvariantCulture), 0);
            if (own < 0) continue;
            if (Option(own, SoDomain) == AfInet && Option(own, SoType) == SockDgram)
            {
                _ = SetSockOpt(own, SolSocket, SoRcvBufForce, ref bytes, sizeof(int));
                found = true;
            }

            _ = Close(own);
        }

        _ = Close(pidfd);
        return found;
    }

    private static bool IsSocket(string descriptor)
    {
        try
        {
            return File.ResolveLinkTarget(descriptor, returnFinalTarget: false)?.Name.StartsWith("socket:", StringComparison.Ordinal) == true;
        }
        catch (IOException)
        {
            return false; // closed since it was listed
        }
    }

    private static int Option(int socket, int name)
    {
        int value = 0, length = sizeof(int);
        return GetSockOpt(socket, SolSocket, name, ref value, ref length) == 0 ? value : -1;
    }

    [DllImport("libc", EntryPoint = "syscall", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint SysCall(nint number, nint first, nint second, nint third);

    [DllImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetSockOpt(int socket, int level, int name, ref int value, ref int length);

    [DllImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetSockOpt(int socket, int level, int name, ref int value, int length);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
}
