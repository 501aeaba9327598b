namespace UserProxy.App.Configuration;

/// <summary>Whether ClusterIPs are served, which takes the right to add routes; <c>auto</c> serves NodePorts alone where that is missing.</summary>
internal enum ClusterIPsChoice
{
    Auto,
    On,
    Off,
}
