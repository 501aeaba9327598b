using System.Net;
using UserProxy.Linux.Netlink;
using UserProxy.Linux.Transparent;
using UserProxy.Policy;

namespace UserProxy.Linux.Tests.Transparent;

public sealed class AnswerPathTests
{
    private static readonly IPAddress Endpoint = IPAddress.Parse("10.244.1.5"), Client = IPAddress.Parse("203.0.113.7");

    /// <param name="endpoint">The interface of its route; 0 is this node itself, below 0 none.</param>
    /// <param name="hasGateway">The endpoint's route leads to a router.</param>
    /// <param name="client">As that of the endpoint.</param>
    /// <param name="expected">What is made of it; interface 9 is a bridge.</param>
    [Theory]
    [InlineData(3, false, 2, AnswerPath.Routed)]
    [InlineData(9, false, 2, AnswerPath.Routed)]
    [InlineData(9, false, 9, AnswerPath.Bridged)]
    [InlineData(3, false, 3, AnswerPath.Elsewhere)]
    [InlineData(3, true, 2, AnswerPath.Elsewhere)]
    [InlineData(-1, false, 2, AnswerPath.Elsewhere)]
    [InlineData(3, false, -1, AnswerPath.Routed)]
    [InlineData(0, false, 2, AnswerPath.Own)]
    [InlineData(3, false, 0, AnswerPath.Own)]
    public void Of_ByTheRoutesToBoth(int endpoint, bool hasGateway, int client, AnswerPath expected)
    {
        var paths = new AnswerPaths(address => address.Equals(Endpoint) ? Way(endpoint, hasGateway) : Way(client, false)) { Bridges = new HashSet<int> { 9 } };

        paths.Of(Endpoint, Client).ShouldBe(expected);
    }

    /// <summary>A socket cannot have such an address: it would get all of this node's.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Of_ClientThatNamesNoSingleHost_IsNobody(int link)
    {
        var paths = new AnswerPaths(address => address.Equals(Endpoint) ? Way(3, false) : new RouteWay(RouteKind.Many, link, HasGateway: false));

        paths.Of(Endpoint, Client).ShouldBe(AnswerPath.Nobody);
    }

    [Fact]
    public void Of_EndpointThatNamesNoSingleHost_IsElsewhere()
    {
        var paths = new AnswerPaths(address => address.Equals(Endpoint) ? new RouteWay(RouteKind.Many, 0, HasGateway: false) : Way(2, false));

        paths.Of(Endpoint, Client).ShouldBe(AnswerPath.Elsewhere);
    }

    [Fact]
    public void Of_IsRemembered_UntilSomethingChanges()
    {
        int asked = 0, link = 3;
        var paths = new AnswerPaths(address =>
        {
            asked++;
            return Way(address.Equals(Endpoint) ? link : 2, false);
        });
        paths.Of(Endpoint, Client);
        link = 2;
        paths.Of(Endpoint, Client).ShouldBe(AnswerPath.Routed);
        asked.ShouldBe(2);

        paths.Forget();

        paths.Of(Endpoint, Client).ShouldBe(AnswerPath.Elsewhere);
    }

    /// <summary>Nothing is known, be it of the endpoint or of the client: its address is not kept, and the kernel is asked again.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Of_TheKernelDoesNotSay_IsElsewhere_AndNotRemembered(bool ofEndpoint)
    {
        bool says = false;
        var paths = new AnswerPaths(address => !says && address.Equals(Endpoint) == ofEndpoint ? default : Way(address.Equals(Endpoint) ? 3 : 2, false));
        paths.Of(Endpoint, Client).ShouldBe(AnswerPath.Elsewhere);

        says = true;

        paths.Of(Endpoint, Client).ShouldBe(AnswerPath.Routed);
    }

    /// <summary>A change comes while the kernel is asked, and what it has said is outdated: also when there is no room for it.</summary>
    [Fact]
    public void Of_ChangeWhileAsked_IsNotRemembered_HoweverManyAre()
    {
        AnswerPaths? paths = null;
        bool changes = false;
        int link = 3;
        paths = new AnswerPaths(address =>
        {
            if (!address.Equals(Client)) return Way(3, false);
            var way = Way(link, false);
            if (changes) paths!.Forget();
            return way;
        });
        for (int i = 1; i < 16_384; i++) paths.Of(Endpoint, new IPAddress([198, 18, (byte)(i >> 8), (byte)i]));
        changes = true;
        paths.Of(Endpoint, Client).ShouldBe(AnswerPath.Elsewhere);

        (changes, link) = (false, 2);

        paths.Of(Endpoint, Client).ShouldBe(AnswerPath.Routed);
    }

    private static RouteWay Way(int link, bool hasGateway) => link switch
    {
        0 => new RouteWay(RouteKind.Local, 0, HasGateway: false),
        < 0 => new RouteWay(RouteKind.None, 0, HasGateway: false),
        _ => new RouteWay(RouteKind.Link, link, hasGateway),
    };
}
