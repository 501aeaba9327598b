namespace UserProxy.Udp;

/// <summary>A client's flow to one endpoint.</summary>
/// <param name="Listener">Null of none.</param>
/// <param name="Key">Of that listener.</param>
/// <param name="Endpoint">The endpoint.</param>
internal readonly record struct KeptFlow(ListenerSessions? Listener, SessionKey Key, DatagramAddress Endpoint);
