using System.Net;

namespace UserProxy.Model;

/// <summary>Tells the wildcard addresses from others: <c>0.0.0.0</c> and <c>[::]</c>, each of which stands for every address of its own family.</summary>
public static class WildcardAddress
{
    public static bool IsWildcard(this IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
}
