namespace UserProxy.Linux.Loops;

/// <summary>Who acts on a connection's readiness at the moment: the dial that waits for it, then the relay.</summary>
internal interface IConnectionOwner
{
    /// <summary>Called on the loop after the connection's flags have been brought up to date.</summary>
    void OnReady(LoopConnection connection);

    /// <summary>The loop has lost what was under way for its connections: they end. Maybe twice.</summary>
    void OnBroken();
}
