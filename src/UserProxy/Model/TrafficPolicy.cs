namespace UserProxy.Model;

/// <summary>
/// Which endpoints a destination may use: <c>internalTrafficPolicy</c> for ClusterIPs, <c>externalTrafficPolicy</c> for the other kinds of
/// addresses. The kind of the address decides which of the two applies, never who the client is.
/// </summary>
public enum TrafficPolicy
{
    Cluster,

    /// <summary>Endpoints on this node only.</summary>
    Local,
}
