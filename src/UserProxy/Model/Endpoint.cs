using System.Net;

namespace UserProxy.Model;

/// <summary>
/// One Pod address and port behind a Service port, as its EndpointSlice declares it. Conditions have had their nil rules applied
/// (nil ready = true, nil serving = ready, nil terminating = false).
/// </summary>
public sealed record Endpoint(IPAddress Address, int Port)
{
    public bool Ready { get; init; } = true;

    public bool Serving { get; init; } = true;

    public bool Terminating { get; init; }

    /// <summary>The node the Pod runs on, or null; a null is never local.</summary>
    public string? NodeName { get; init; }

    /// <summary>
    /// A number that stands for the Pod (<c>targetRef</c>): endpoints of different Pods are different hosts, none of which can answer for another. 0 when no
    /// Pod is named: two of these may be one host with two addresses. Two Pods of one number are taken for one, which is safe.
    /// </summary>
    public ulong Pod { get; init; }

    public string? Zone { get; init; }

    /// <summary>It runs on this node.</summary>
    public bool IsLocal { get; init; }

    /// <summary>The zones whose clients should prefer it (<c>hints.forZones</c>).</summary>
    public ValueList<string> ForZones { get; init; } = [];

    /// <summary>The nodes whose clients should prefer it (<c>hints.forNodes</c>).</summary>
    public ValueList<string> ForNodes { get; init; } = [];

    /// <summary>1 to 65535; from the slice's <c>userproxy.io/weight.IP</c> annotation.</summary>
    public int Weight { get; init; } = 1;

    public IPEndPoint EndPoint => new(Address, Port);

    /// <summary><c>ip:port</c> or <c>[ip6]:port</c>: the identity of an endpoint within a Service port, and its sort key.</summary>
    public string Key => EndPoint.ToString();
}
