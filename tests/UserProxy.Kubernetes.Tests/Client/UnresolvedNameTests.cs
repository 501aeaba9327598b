using System.Net;
using System.Net.Sockets;
using UserProxy.Kubernetes.Client;
using UserProxy.Kubernetes.Client.Access;
using UserProxy.Kubernetes.Objects;

namespace UserProxy.Kubernetes.Tests.Client;

/// <summary>A server whose name has no address is named; what getaddrinfo(3) says of it is about the resolver.</summary>
public sealed class UnresolvedNameTests
{
    private static readonly Uri Server = new("https://api.cluster.invalid:6443");

    [Theory]
    [InlineData(SocketError.HostNotFound, "the name api.cluster.invalid does not resolve")]
    [InlineData(SocketError.NoData, "the name api.cluster.invalid does not resolve")]
    [InlineData(SocketError.TryAgain, "the name api.cluster.invalid does not resolve: no name server answers for it")]
    [InlineData(SocketError.NoRecovery, "the name api.cluster.invalid does not resolve: the name server failed")]
    [InlineData(SocketError.ConnectionRefused, null)]
    public void Words_AreOfTheName(SocketError error, string? words) => UnresolvedName.Words(error, "api.cluster.invalid").ShouldBe(words);

    [Theory]
    [InlineData(null, "api.cluster.invalid")]
    [InlineData("http://proxy.cluster.invalid:3128", "proxy.cluster.invalid")]
    public void Name_IsTheOneThatTheConnectionNeeds(string? proxy, string name) =>
        UnresolvedName.NameFor(Access(proxy, new SocketException((int)SocketError.HostNotFound))).ShouldBe(name);

    /// <summary>The error is made here: what a resolver says of a name is the machine's.</summary>
    [Theory]
    [InlineData(SocketError.HostNotFound, "the name proxy.cluster.invalid does not resolve")]
    [InlineData(SocketError.TryAgain, "the name proxy.cluster.invalid does not resolve: no name server answers for it")]
    [InlineData(SocketError.ConnectionRefused, "words of the socket")]
    public async Task Request_ThatFailsByTheName_SaysSo(SocketError error, string words)
    {
        var access = Access("http://proxy.cluster.invalid:3128", new SocketException((int)error, "words of the socket"));
        using var client = new ApiClient(access, TimeProvider.System);

        var failed = await Should.ThrowAsync<ApiException>(
            () => client.ListAllAsync(ApiResources.Services, new ListQuery(), _ => { }, TestContext.Current.CancellationToken));

        failed.Failure.ShouldBe(ApiFailure.Unreachable);
        failed.Message.ShouldBe($"https://api.cluster.invalid:6443/ cannot be reached: {words}");
    }

    /// <summary>Of no proxy, or one of its own: the environment of the test may name another. A request fails before it is sent.</summary>
    private static ClusterAccess Access(string? proxy, SocketException error) =>
        new(Server, ServerTrust.System, _ => throw new HttpRequestException("words of the request", error))
        {
            Proxy = proxy is null ? new WebProxy() : new WebProxy(proxy),
        };
}
