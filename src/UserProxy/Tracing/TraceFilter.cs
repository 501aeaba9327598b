using System.Net;
using UserProxy.Model;

namespace UserProxy.Tracing;

/// <summary>Which connections and sessions a <see cref="TraceReader"/> follows: those that fit all of it.</summary>
public sealed record TraceFilter
{
    /// <summary>Asked on the loops of the transports, once a connection: it must be quick. Null is every Service.</summary>
    public Predicate<ServicePort>? Service { get; init; }

    /// <summary>Null is every client. One that a load balancer has told of fits by its own address, or by the load balancer's.</summary>
    public CidrBlock? Clients { get; init; }

    /// <summary>The client's own port; null is any.</summary>
    public int? ClientPort { get; init; }

    /// <summary>No more than so many, the first ones; null is without end.</summary>
    public long? Count { get; init; }

    /// <summary>No more new ones a second than so many, and so many at once; the others are counted. Null is without a limit.</summary>
    public int? MostPerSecond { get; init; }

    internal bool Fits(ServicePort port, IPEndPoint client, IPEndPoint? toldBy) =>
        Service?.Invoke(port) is not false && (Fits(client) || (toldBy is not null && Fits(toldBy)));

    private bool Fits(IPEndPoint client)
    {
        if (ClientPort is { } port && port != client.Port) return false;
        if (Clients is not { } clients) return true;
        return clients.Contains(client.Address.IsIPv4MappedToIPv6 ? client.Address.MapToIPv4() : client.Address);
    }
}
