using System.Net;
using System.Net.Sockets;
using UserProxy.Linux.Datagrams;
using UserProxy.Linux.Kernel;
using UserProxy.Serving;

namespace UserProxy.Linux.Tests.Datagrams;

/// <summary>Sockets on this machine's loopback for the tests of datagrams.</summary>
internal static class Loopback
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <summary>Both families; the second is skipped where there is none.</summary>
    public static TheoryData<string> Addresses => ["127.0.0.1", "::1"];

    public static IPAddress Address(string text)
    {
        var address = IPAddress.Parse(text);
        Assert.SkipUnless(address.AddressFamily == AddressFamily.InterNetwork || Socket.OSSupportsIPv6, "this machine has no IPv6");
        return address;
    }

    /// <summary>A plain socket on a port of its own.</summary>
    public static Socket Open(IPAddress address, int port = 0)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = (int)Patience.TotalMilliseconds };
        socket.Bind(new IPEndPoint(address, port));
        return socket;
    }

    /// <summary>Nobody has it; but a program that another test starts has a copy of every socket between its fork and its exec.</summary>
    public static void ShouldBecomeFree(IPEndPoint endPoint) =>
        SpinWait.SpinUntil(() => IsFree(endPoint), Patience).ShouldBeTrue($"{endPoint} is still taken");

    private static bool IsFree(IPEndPoint endPoint)
    {
        try
        {
            Open(endPoint.Address, endPoint.Port).Dispose();
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return false;
        }
    }

    public static IPEndPoint EndPointOf(this Socket socket) => (IPEndPoint)socket.LocalEndPoint!;

    /// <summary>One socket as a listener of the engine has it.</summary>
    public static FileHandle Listen(IPAddress address) => DatagramSetup.Bind(new IPEndPoint(address, 0), ListenOptions.Default, count: 1)[0];

    /// <summary>The descriptor as a socket; it stays its owner's.</summary>
    public static Socket Borrow(this FileHandle handle) => new(new SafeSocketHandle(handle.Descriptor, ownsHandle: false)) { Blocking = false };

    public static void WaitForInput(this FileHandle handle)
    {
        using var socket = handle.Borrow();
        socket.Poll(Patience, SelectMode.SelectRead).ShouldBeTrue("nothing came");
    }

    public static byte[] Payload(int length)
    {
        byte[] payload = new byte[length];
        new Random(length).NextBytes(payload);
        return payload;
    }

    public static (byte[] Payload, IPEndPoint From) Receive(this Socket socket)
    {
        byte[] buffer = new byte[65_536];
        EndPoint from = new IPEndPoint(socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        int length = socket.ReceiveFrom(buffer, ref from);
        return (buffer[..length], (IPEndPoint)from);
    }
}
