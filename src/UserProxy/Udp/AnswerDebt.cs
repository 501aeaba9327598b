namespace UserProxy.Udp;

/// <summary>Whether the endpoint of a session may have more to say: how long its port has to rest goes by it (docs/decisions/0048 and 0054).</summary>
internal enum AnswerDebt
{
    /// <summary>A question may be unanswered, or answered once more: nobody knows.</summary>
    Owing,

    /// <summary>All its answers have come, by the protocol that its Service's port stands for (DNS); the Service has declared nothing.</summary>
    Presumed,

    /// <summary>All its answers have come, as its Service has declared.</summary>
    Settled,
}
