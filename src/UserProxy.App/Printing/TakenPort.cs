using System.Net;
using UserProxy.Model;

namespace UserProxy.App.Printing;

/// <summary>Says who has a TCP port that we wanted. For the HTTP servers of the node agent and for the demo.</summary>
internal static class TakenPort
{
    private const int MostNamed = 3;

    /// <summary><c> by nginx (pid 12) at 0.0.0.0:10256</c>; empty when nobody is seen, or nobody can be asked.</summary>
    public static async Task<string> ByAsync(NodeNetwork? network, IPEndPoint wanted)
    {
        if (network is null) return "";
        var sockets = await Task.Run(() => network.Find([(TransportProtocol.Tcp, wanted.Port)], withOwners: true));
        string holders = string.Join(", ", sockets.Where(socket => !socket.IsOurs && socket.Blocks(TransportProtocol.Tcp, wanted)).Take(MostNamed));
        return holders.Length > 0 ? $" by {holders}" : "";
    }
}
