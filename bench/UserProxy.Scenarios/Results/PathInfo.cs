namespace UserProxy.Scenarios.Results;

/// <summary>What stands between client and Pods.</summary>
internal enum PathKind
{
    /// <summary>Nothing: the ceiling.</summary>
    Direct,

    /// <summary>Address translation in the kernel: iptables, nftables.</summary>
    Kernel,

    /// <summary>Another proxy in user space.</summary>
    Peer,

    /// <summary>UserProxy.</summary>
    Own,
}

/// <summary>One way from the client to the Pods.</summary>
/// <param name="Name">As --paths has it: "haproxy", "userproxy-epoll".</param>
/// <param name="Title">For people.</param>
/// <param name="Kind">Which decides what it is compared with.</param>
/// <param name="Setup">In a sentence, how it was set up: threads, options.</param>
internal sealed record PathInfo(string Name, string Title, PathKind Kind, string Setup);
