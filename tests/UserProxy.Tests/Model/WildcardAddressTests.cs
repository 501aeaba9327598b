using System.Net;
using UserProxy.Model;

namespace UserProxy.Tests.Model;

public sealed class WildcardAddressTests
{
    [Theory]
    [InlineData("0.0.0.0", true)]
    [InlineData("::", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("::1", false)]
    public void IsWildcard_OfEitherFamily(string text, bool isWildcard) => IPAddress.Parse(text).IsWildcard().ShouldBe(isWildcard);
}
