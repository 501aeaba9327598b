using System.Net.Sockets;
using UserProxy.App.Servers.Admin;
using UserProxy.Linux.PortInspection;

namespace UserProxy.App.CommandLine;

/// <summary>Why nobody answers at a Unix socket, in our words: those of the runtime are of hosts and addresses. For every command that asks.</summary>
internal static class SocketFault
{
    private static readonly EnumerationOptions Readable = new() { IgnoreInaccessible = true };

    /// <param name="fault">Met at connect.</param>
    /// <param name="path">The socket, as it was named.</param>
    /// <param name="isAbsent">What to say where nothing is there.</param>
    public static string Of(Exception fault, string path, string isAbsent) => fault switch
    {
        ArgumentException => $"a socket's path has at most {AdminSocketFile.LongestPath} bytes",
        _ when Directory.Exists(path) => OfFolder(path),
        SocketException { SocketErrorCode: SocketError.AccessDenied } => "this user may not use it: ask as the user that it runs as (sudo)",
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } when new FileInfo(path) is { Exists: true, Length: > 0 } =>
            "it is a file, no socket",
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } =>
            "the run that made this socket has ended without removing it: killed, or crashed (its log's last lines tell). Start it again as before, and it "
                + "takes the socket; userproxy inspect PORT tells who has a port meanwhile",
        SocketException { SocketErrorCode: SocketError.WouldBlock or SocketError.TryAgain } => $"its queue is full; {Hangs(pid: null)}",
        SocketException { SocketErrorCode: SocketError.ProtocolType } => "it is a socket of another kind",
        SocketException known when File.Exists(path) => $"the system does not connect to it ({known.SocketErrorCode})",
        _ => isAbsent,
    };

    /// <summary>What to say of one that has taken a connection and answers nothing.</summary>
    /// <param name="pid">Whose socket it is; null where that is not known.</param>
    public static string Hangs(int? pid) => pid is not { } known ? "does it hang? userproxy inspect PORT shows its ports without it"
        : SocketOwners.IsStopped(known) ? $"it is stopped, and kill -CONT {Shown.Number(known)} lets it go on"
        : $"does it hang? userproxy inspect PORT shows its ports without it; kill -ABRT {Shown.Number(known)} ends it with a stack, and a run that is "
            + "started then serves again";

    private static string OfFolder(string path)
    {
        string? socket = Directory.EnumerateFiles(path, "*.sock", Readable).Order(StringComparer.Ordinal).FirstOrDefault();
        return socket is null ? "it is a folder, not a socket" : $"it is a folder, not a socket; there is {socket}";
    }
}
