namespace UserProxy.FunctionalTests.Udp;

/// <summary>By which address a case reaches its Service.</summary>
public enum ServiceWay
{
    /// <summary>A NodePort of node-a: a socket on that address.</summary>
    NodePort,

    /// <summary>A NodePort of node-b: one socket for all addresses.</summary>
    WildcardNodePort,

    /// <summary>A virtual IP, routed through node-a.</summary>
    ClusterIP,
}
