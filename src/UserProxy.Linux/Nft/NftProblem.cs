namespace UserProxy.Linux.Nft;

/// <summary>Why an nft(8) script was not carried out.</summary>
internal enum NftProblem
{
    None,

    /// <summary>There is no nft program.</summary>
    Missing,

    /// <summary>There is one, and it could not be started: no right to, or no descriptors or memory left.</summary>
    NotStarted,

    /// <summary>CAP_NET_ADMIN is missing.</summary>
    NotPermitted,

    /// <summary>The kernel or nft itself does not take the rules (nf_tables, nft_socket or nft_reject are not there), or a table is gone.</summary>
    Refused,

    /// <summary>nft did not come back.</summary>
    TimedOut,
}
