using System.Net;
using UserProxy.App.Explain;
using UserProxy.Model;
using UserProxy.Policy;

namespace UserProxy.App.Tests.Explain;

public sealed class ClientAddressWordsTests
{
    [Theory]
    [InlineData(SourceVerdict.Remote, "127.0.0.1", "not kept: 127.0.0.1 is loopback, which answers this node alone")]
    [InlineData(SourceVerdict.OwnEndpoint, "::1", "not kept: ::1 is loopback, which answers this node alone")]
    [InlineData(SourceVerdict.Remote, "192.0.2.2", "not kept: 192.0.2.2 answers by another way, as it is not on this node")]
    [InlineData(SourceVerdict.OwnEndpoint, "192.0.2.2", "not kept: 192.0.2.2 is this node's own address")]
    public void NotKept_SaysWhyOfThatAddress(SourceVerdict verdict, string address, string says) =>
        ClientAddressWords.Of(verdict, new Endpoint(IPAddress.Parse(address), 8080), obstacle: null).ShouldBe(says);
}
