namespace UserProxy.Scenarios.Results;

/// <summary>What stands between client and Pods.</summary>
internal enum PathKind
{
    /// <summary>Nothing: the ceiling.</summary>
    Direct,

    /// <summary>Address translation in the kernel: iptables, ipvs, nftables.</summary>
    Kernel,

    /// <summary>What kube-proxy was: shown beside the others, and none of the peers that UserProxy is measured against.</summary>
    Ancestor,

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
/// <param name="Version">Of its program, as "3.2.4"; empty where the machine's kernel or this checkout is the program.</param>
internal sealed record PathInfo(string Name, string Title, PathKind Kind, string Setup, string Version = "")
{
    /// <summary>"HAProxy 3.2.4": what every row shows.</summary>
    public string Label => Version.Length == 0 ? Title : $"{Title} {Version}";
}

/// <summary>A way that was asked for and cannot be measured here.</summary>
/// <param name="Title">For people.</param>
/// <param name="Kind">As of a <see cref="PathInfo"/>.</param>
/// <param name="Reason">"this kernel has no IPVS".</param>
internal sealed record LeftOut(string Title, PathKind Kind, string Reason);
