using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using UserProxy.Model;

namespace UserProxy.App.Servers.Http;

/// <summary>
/// The <see cref="RetriedListener"/>s of one configured address. As with the listeners of Go, which kube-proxy has, the wildcard of either family takes both,
/// as far as the kernel has both. Two sockets rather than one of both families: each is bound, lost and reported by itself. Used by the health and the metrics
/// server.
/// </summary>
internal sealed class RetriedListeners(
    HttpPorts ports, IPEndPoint address, string what, RequestDelegate answer, OnBindFailure failure, ILogger log, TimeProvider time, string flag)
    : IAsyncDisposable
{
    private readonly List<RetriedListener> _listeners = [
        .. AddressesOf(address).Select(at => new RetriedListener(ports, at, what, answer, failure, log, time, flag))];

    /// <summary>Where that is; also for those who look who is in the way.</summary>
    public static IReadOnlyList<IPEndPoint> AddressesOf(IPEndPoint address)
    {
        if (!address.Address.IsWildcard() || !Socket.OSSupportsIPv4) return [address];
        var four = new IPEndPoint(IPAddress.Any, address.Port);
        return Socket.OSSupportsIPv6 ? [four, new IPEndPoint(IPAddress.IPv6Any, address.Port)] : [four];
    }

    /// <summary>As <see cref="RetriedListener.StartAsync"/>; false for any of them is false.</summary>
    public async Task<bool> StartAsync()
    {
        foreach (var listener in _listeners)
        {
            if (!await listener.StartAsync()) return false;
        }

        return true;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var listener in _listeners) await listener.DisposeAsync();
    }
}
