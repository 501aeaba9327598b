using System.Net.Sockets;
using UserProxy.Kubernetes.Client;
using UserProxy.Kubernetes.Client.Access;
using UserProxy.Kubernetes.Objects;

namespace UserProxy.Kubernetes.Tests.Client;

/// <summary>A server whose name has no address is named; what getaddrinfo(3) says of it is about the resolver.</summary>
public sealed class UnresolvedNameTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(SocketError.HostNotFound, "the name api.cluster.invalid does not resolve")]
    [InlineData(SocketError.NoData, "the name api.cluster.invalid does not resolve")]
    [InlineData(SocketError.TryAgain, "the name api.cluster.invalid does not resolve: no name server answers for it")]
    [InlineData(SocketError.NoRecovery, "the name api.cluster.invalid does not resolve: the name server failed")]
    [InlineData(SocketError.ConnectionRefused, null)]
    public void Words_AreOfTheName(SocketError error, string? words) => UnresolvedName.Words(error, "api.cluster.invalid").ShouldBe(words);

    /// <summary>
    /// .invalid has no address anywhere (RFC 6761), with a name server or without one. A proxy of its own, as the environment of the test may have another.
    /// </summary>
    [Fact]
    public async Task Request_ByANameWithoutAddress_SaysSo()
    {
        _folder.Write(
            "kubeconfig",
            "{current-context: a, contexts: [{name: a, context: {cluster: b}}], clusters: [{name: b, cluster: "
                + "{server: 'https://api.cluster.invalid:6443', proxy-url: 'http://proxy.cluster.invalid:3128'}}]}");
        var access = ClusterAccess.FromKubeconfig(_folder["kubeconfig"], TimeProvider.System, new RecordingLogger<UnresolvedNameTests>());
        using var client = new ApiClient(access, TimeProvider.System);

        var failed = await Should.ThrowAsync<ApiException>(
            () => client.ListAllAsync(ApiResources.Services, new ListQuery(), _ => { }, TestContext.Current.CancellationToken));

        failed.Failure.ShouldBe(ApiFailure.Unreachable);
        failed.Message.ShouldStartWith("https://api.cluster.invalid:6443/ cannot be reached: the name proxy.cluster.invalid does not resolve");
    }
}
