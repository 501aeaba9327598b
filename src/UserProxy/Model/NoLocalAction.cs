namespace UserProxy.Model;

/// <summary>What a client meets under <see cref="TrafficPolicy.Local"/> when the Service has endpoints, but none on this node.</summary>
public enum NoLocalAction
{
    /// <summary>Its SYN is discarded, so that its next try may land on another node.</summary>
    Drop,

    /// <summary>It is refused.</summary>
    Reject,
}
