using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using UserProxy.App.Servers.Http;
using UserProxy.Model;
using UserProxy.Serving;

namespace UserProxy.App.Run.HandOver;

/// <summary>A line of a <see cref="TakeoverWord.Sockets"/> message: what the descriptor at the same place is.</summary>
internal static class TakeoverLine
{
    private const string Tcp = "tcp ", Udp = "udp ", Http = "http ", HttpOfNode = "http-of-node ", Unix = "unix ";

    public static string Of(HandedSocket socket) => (socket.Protocol == TransportProtocol.Udp ? Udp : Tcp) + socket.At;

    public static string Of(HandedPort port) => port.At is IPEndPoint ? (port.IsOfNode ? HttpOfNode : Http) + port.At : Unix + port.At;

    /// <summary>Enters what it says. What is not understood, as another version may send it, is not needed here.</summary>
    public static void Read(string line, SafeHandle socket, InheritedSockets listeners, InheritedPorts ports)
    {
        if (Address(line, Tcp) is { } tcp) listeners.Add(TransportProtocol.Tcp, tcp, socket);
        else if (Address(line, Udp) is { } udp) listeners.Add(TransportProtocol.Udp, udp, socket);
        else if (Address(line, Http) is { } http) ports.Add(http, isOfNode: false, socket);
        else if (Address(line, HttpOfNode) is { } ofNode) ports.Add(ofNode, isOfNode: true, socket);
        else if (line.StartsWith(Unix, StringComparison.Ordinal)) ports.Add(new UnixDomainSocketEndPoint(line[Unix.Length..]), isOfNode: false, socket);
        else socket.Dispose();
    }

    private static IPEndPoint? Address(string line, string kind) =>
        line.StartsWith(kind, StringComparison.Ordinal) && IPEndPoint.TryParse(line.AsSpan(kind.Length), out var at) ? at : null;
}
