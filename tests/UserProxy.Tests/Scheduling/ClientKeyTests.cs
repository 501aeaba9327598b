using System.Net;
using UserProxy.Scheduling;

namespace UserProxy.Tests.Scheduling;

public class ClientKeyTests
{
    [Fact]
    public void From_MappedAddress_IsTheIPv4Client() =>
        ClientKey.From(IPAddress.Parse("::ffff:10.1.2.3")).ShouldBe(ClientKey.From(IPAddress.Parse("10.1.2.3")));

    [Theory]
    [InlineData("10.1.2.3", "10.1.2.4")]
    [InlineData("10.1.2.3", "3.2.1.10")]
    [InlineData("2001:db8::1", "2001:db8::2")]
    [InlineData("2001:db8::1", "2001:db9::1")]
    // The same first four bytes, the rest zero.
    [InlineData("10.1.2.3", "a01:203::")]
    public void From_DifferentClients_DifferentKeys(string one, string other) =>
        ClientKey.From(IPAddress.Parse(one)).ShouldNotBe(ClientKey.From(IPAddress.Parse(other)));

    [Fact]
    public void From_SameAddress_SameKeyInEveryProcess()
    {
        // A literal: a seed that changes from run to run would move every client at a restart.
        ClientKey.From(IPAddress.Parse("10.1.2.3")).Hash.ShouldBe(11999377215220659924UL);
    }
}
