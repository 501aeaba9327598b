namespace UserProxy.Udp;

/// <summary>What a port with a client's address is owed whose socket was closed before it had rested.</summary>
/// <param name="Place">The port.</param>
/// <param name="Flow">Who may have it all the same.</param>
/// <param name="Until">Timestamp.</param>
internal sealed record KeptRest(KeptPlace Place, KeptFlow Flow, long Until);

/// <summary>A port with a client's address, towards one endpoint.</summary>
internal readonly record struct KeptPlace(DatagramAddress Source, DatagramAddress Endpoint);

/// <summary>A client's flow to one endpoint.</summary>
/// <param name="Listener">Null of none.</param>
/// <param name="Key">Of that listener.</param>
/// <param name="Endpoint">The endpoint.</param>
internal readonly record struct KeptFlow(ListenerSessions? Listener, SessionKey Key, DatagramAddress Endpoint);
