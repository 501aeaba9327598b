using System.Net;

namespace UserProxy.Policy;

/// <summary>The client's address with which a dial leaves.</summary>
/// <param name="Address">With the client's own port, or with 0: the kernel then chooses one whose four-tuple is free.</param>
/// <param name="IsBridged">Answers come over a bridge of this node, as <see cref="AnswerPath.Bridged"/>.</param>
public sealed record DialSource(IPEndPoint Address, bool IsBridged)
{
    /// <summary>The same, when the client's own port is taken.</summary>
    public DialSource WithAnyPort() => this with { Address = new IPEndPoint(Address.Address, 0) };
}
