namespace UserProxy.Tcp;

/// <summary>How far a running TCP connection is, as <c>connections</c> shows it.</summary>
public enum ConnectionState
{
    /// <summary>Accepted; no endpoint has answered yet.</summary>
    Dialling,

    /// <summary>Relayed, and both directions are open.</summary>
    Established,

    /// <summary>Relayed; one side has sent its FIN.</summary>
    HalfClosed,
}
