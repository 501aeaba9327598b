namespace UserProxy.ProxyProtocol;

/// <summary>Whose connection a header says that it is.</summary>
public enum ProxyCommand
{
    /// <summary>Of the client that is told.</summary>
    Proxy,

    /// <summary>The sender's own: a health check (LOCAL of version 2).</summary>
    Local,

    /// <summary>Of a client whose address the sender cannot tell (UNKNOWN of version 1; UNSPEC, AF_UNIX and DGRAM of version 2).</summary>
    Unknown,
}
