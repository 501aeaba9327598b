namespace UserProxy.Udp;

/// <summary>What a port with a client's address is owed whose socket was closed before it had rested.</summary>
/// <param name="Place">The port.</param>
/// <param name="Flow">Who may have it all the same.</param>
/// <param name="Until">Timestamp.</param>
internal sealed record KeptRest(KeptPlace Place, KeptFlow Flow, long Until);
