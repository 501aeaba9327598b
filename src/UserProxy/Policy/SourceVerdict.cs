namespace UserProxy.Policy;

/// <summary>Whether an endpoint sees its client's own address, and if not, why. Decided by <see cref="SourcePolicy"/>, put into words by explain.</summary>
public enum SourceVerdict
{
    /// <summary>The endpoint is on this node, and what it answers to the client passes here.</summary>
    Kept,

    /// <summary>Nobody has asked for it: the setting says node, or nothing while the traffic policy is Cluster.</summary>
    NotAsked,

    /// <summary>The endpoint is not on this node: it would answer by another way.</summary>
    Remote,

    /// <summary>The endpoint's address is this node's own (hostNetwork): it would answer without passing any rule.</summary>
    OwnEndpoint,

    /// <summary>The client is of the other address family.</summary>
    OtherFamily,

    /// <summary>The client is a process of this node: its address is this node's already, or a virtual IP.</summary>
    OwnClient,

    /// <summary>The client's address names no single host: a claim that nobody can answer to.</summary>
    SpecialClient,

    /// <summary>The client's address is one that this proxy serves.</summary>
    VirtualIP,

    /// <summary>The endpoint is the client itself.</summary>
    Hairpin,

    /// <summary>The endpoint's answers to this client do not pass this node's routing: both are behind one link.</summary>
    OtherWay,

    /// <summary>This process cannot: see <see cref="ITransparentSources.Obstacle"/>.</summary>
    Unavailable,
}
