using System.Net;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.Loops;
using UserProxy.Model;

namespace UserProxy.Linux.HandOver;

/// <summary>
/// A descriptor that was open when this process began, passed by a service manager (sd_listen_fds(3)): what it is, by the kernel's word. Taken up by the
/// executable.
/// </summary>
/// <param name="Handle">Whoever takes it disposes of it.</param>
/// <param name="Listens">Protocol and address of a TCP socket in LISTEN or of a UDP socket without a peer; null for everything else.</param>
public sealed record PassedDescriptor(SafeHandle Handle, (TransportProtocol Protocol, IPEndPoint At)? Listens)
{
    /// <summary>Closed on exec from now on: programs that this process starts do not get it. Null when there is no such descriptor.</summary>
    public static PassedDescriptor? Take(int descriptor)
    {
        if (Libc.CloseOnExec(descriptor) < 0) return null;
        return new PassedDescriptor(new SafeFileHandle(descriptor, ownsHandle: true), Read(descriptor));
    }

    /// <summary>
    /// What tells an open socket from every other that there was or will be, whatever number it has (SO_COOKIE, Linux 4.12); null when it cannot be asked.
    /// </summary>
    public static ulong? Identity(SafeHandle socket)
    {
        bool isHeld = false;
        try
        {
            socket.DangerousAddRef(ref isHeld);
            return Libc.SocketCookie((int)socket.DangerousGetHandle(), out ulong cookie) < 0 ? null : cookie;
        }
        catch (ObjectDisposedException)
        {
            return null;
        }
        finally
        {
            if (isHeld) socket.DangerousRelease();
        }
    }

    private static (TransportProtocol Protocol, IPEndPoint At)? Read(int descriptor)
    {
        const int Type = 3, AcceptsConnections = 30, Domain = 39;
        int domain = Libc.GetOption(descriptor, Libc.SOL_SOCKET, Domain);
        if (domain is not (Libc.AF_INET or Libc.AF_INET6)) return null;
        bool accepts = Libc.GetOption(descriptor, Libc.SOL_SOCKET, AcceptsConnections) == 1;
        return Libc.GetOption(descriptor, Libc.SOL_SOCKET, Type) switch
        {
            Libc.SOCK_STREAM when accepts => (TransportProtocol.Tcp, SocketSetup.LocalEndPoint(descriptor)),
            Libc.SOCK_DGRAM => (TransportProtocol.Udp, SocketSetup.LocalEndPoint(descriptor)),
            _ => null,
        };
    }
}
