using System.Net;
using UserProxy.Kubernetes;
using UserProxy.Linux.SocketDiagnostics;
using UserProxy.Model;

namespace UserProxy.App.Printing;

/// <summary>Says who has a TCP port that we wanted, as far as processes of others can be seen from here. For the servers of the node agent and for the demo.</summary>
internal static class TakenPort
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    /// <summary><c> by nginx (pid 12) on 0.0.0.0:10256</c>; empty when nobody is seen.</summary>
    public static async Task<string> ByAsync(IPEndPoint wanted)
    {
        if (!OperatingSystem.IsLinux()) return "";
        var holders = await Task.Run(() => PortHolders.Read(Patience).Of(TransportProtocol.Tcp, wanted.Address, wanted.Port).ToList());
        var words = holders.Select(holder => holder.Owner is { } owner
            ? $"{PrintableText.Of(owner.Name)} (pid {owner.Pid}) on {holder.Local}"
            : $"a process that cannot be seen from here on {holder.Local}");
        return holders.Count == 0 ? "" : $" by {string.Join(", ", words.Distinct())}";
    }
}
