namespace UserProxy.Model;

/// <summary>The version of the PROXY protocol header that endpoints are sent.</summary>
public enum ProxyProtocolVersion
{
    /// <summary>A line of text. TCP alone.</summary>
    V1,

    /// <summary>Binary. TCP and UDP.</summary>
    V2,
}
