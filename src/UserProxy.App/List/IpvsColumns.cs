namespace UserProxy.App.List;

/// <summary>What <see cref="IpvsListing"/> says of each server.</summary>
internal enum IpvsColumns
{
    /// <summary>As <c>ipvsadm -Ln</c>.</summary>
    Weights,

    /// <summary>As <c>--stats</c>: what has been counted so far.</summary>
    Totals,

    /// <summary>As <c>--rate</c>: the same in a second.</summary>
    Rates,
}
