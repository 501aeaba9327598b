using System.Net;

namespace UserProxy.Model;

/// <summary>One address and port that a Service port must listen on. The wildcard addresses stand for every address of their own family only.</summary>
public readonly record struct ListenAddress(ListenerKind Kind, IPAddress Address, int Port)
{
    public IPEndPoint EndPoint => new(Address, Port);

    /// <summary>It stands for every address of its family.</summary>
    public bool IsWildcard => Address.IsWildcard();

    public override string ToString() => EndPoint.ToString();
}
