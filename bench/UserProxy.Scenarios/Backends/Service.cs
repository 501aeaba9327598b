using System.Net;

namespace UserProxy.Scenarios.Backends;

/// <summary>What a path has to forward: a Kubernetes Service with one port, as the paths write it in their own ways.</summary>
/// <param name="Name">Unique in its set.</param>
/// <param name="Endpoints">Where the answers come from.</param>
internal sealed record Service(string Name, IReadOnlyList<IPEndPoint> Endpoints)
{
    /// <summary>"tcp" or "udp".</summary>
    public string Protocol { get; init; } = "tcp";

    /// <summary>On the node; 0 for none.</summary>
    public int NodePort { get; init; }

    /// <summary>Null for none.</summary>
    public IPAddress? ClusterIP { get; init; }

    /// <summary>Of the ClusterIP.</summary>
    public int Port { get; init; } = 80;

    /// <summary>UDP: after so many queries, with an answer each, the client takes a new port; 0 for never. Some peers do better when told.</summary>
    public int QueriesPerPort { get; init; }

    /// <summary>Its endpoints expect a PROXY protocol header of version 2.</summary>
    public bool IsTold { get; init; }

    /// <summary>The same service at the Pods' port that expects the header.</summary>
    public Service ToTold() => this with
    {
        IsTold = true,
        Endpoints = [.. Endpoints.Select(endpoint => new IPEndPoint(endpoint.Address, HttpBackends.ToldPort))],
    };

    /// <summary>Its endpoints see their clients' own addresses.</summary>
    public bool IsKept { get; init; }

    /// <summary>Whether a health check may connect to the endpoints without disturbing them.</summary>
    public bool MayBeChecked { get; init; }
}
