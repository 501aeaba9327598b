using System.Diagnostics;
using System.Net.Security;
using UserProxy.FakeApiServer;
using UserProxy.Kubernetes.Client;
using UserProxy.Kubernetes.Client.Access;
using UserProxy.Kubernetes.Objects;
using UserProxy.Tests;

namespace UserProxy.Kubernetes.Tests.Client;

/// <summary>Files that access is made of and that are replaced while it is in use, in the ways in which they are.</summary>
public sealed class AccessFollowerTests : IAsyncLifetime
{
    private const int Renewed = 352;
    private const int NotRenewed = 353;

    private readonly TestFolder _folder = new();
    private readonly RecordingLogger<AccessFollowerTests> _logger = new();
    private ApiServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await ApiServer.StartAsync(new ServerSettings { BookmarkInterval = TimeSpan.FromMilliseconds(200) });

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task CertificateAndKey_Replaced_AreUsedOnceTheOldOnesAreRefused()
    {
        WritePair("node-1");
        using var client = Client("{client-certificate: client.crt, client-key: client.key}");
        (await AskAsync(client)).ShouldBeNull();

        _server.Accounts.Refused.Add("node-1");
        WritePair("node-2");
        (await AskAsync(client)).ShouldBeNull();
        _logger.Lines(Renewed).Single().ShouldBe($"{_folder["client.crt"]}, {_folder["client.key"]} changed: access to the API server was made anew");
    }

    [Fact]
    public async Task CertificateWithoutItsKey_TheOldPairStays_AndTheNewIsTriedAgain()
    {
        WritePair("node-1");
        using var client = Client("{client-certificate: client.crt, client-key: client.key}");
        var (certificate, key) = _server.Pki.ClientPem("node-2");
        _folder.Replace("client.crt", certificate);
        _server.Accounts.Refused.Add("node-1");
        for (int i = 0; i < 2; i++)
        {
            var refused = (await AskAsync(client))!;
            refused.Failure.ShouldBe(ApiFailure.Unauthorized);
            refused.Message.ShouldEndWith($"the server was shown the client certificate of {_folder["client.crt"]}");
        }

        _server.Accounts.Refused.Clear();
        (await AskAsync(client)).ShouldBeNull("what was in use is in use");
        _logger.Lines(NotRenewed).Single().ShouldContain("client certificate and key cannot be used together");

        _folder.Replace("client.key", key);
        _server.Accounts.Refused.Add("node-1");
        (await AskAsync(client)).ShouldBeNull();
        _logger.Lines(Renewed).Count().ShouldBe(1);
    }

    /// <summary>As the kubelet keeps its own: both in one file behind a link, which is moved.</summary>
    [Fact]
    public async Task LinkMoved_IsSeenWithoutARefusal()
    {
        WriteBoth("a.pem", "node-1");
        WriteBoth("b.pem", "node-2");
        File.CreateSymbolicLink(_folder["current.pem"], "a.pem");
        var time = new FakeTimeProvider();
        var first = Access("{client-certificate: current.pem, client-key: current.pem}", time);
        var follower = new AccessFollower(first, time);

        File.CreateSymbolicLink(_folder["next.pem"], "b.pem");
        File.Move(_folder["next.pem"], _folder["current.pem"], overwrite: true);
        follower.Fresh().ShouldBeSameAs(first, "nothing is read for every request");
        time.Advance(TimeSpan.FromSeconds(30));
        var second = follower.Fresh();
        second.ShouldNotBeSameAs(first);
        var shown = await second.Identify(TestContext.Current.CancellationToken);
        shown.Certificate!.TargetCertificate.Subject.ShouldContain("node-2");
        time.Advance(TimeSpan.FromSeconds(30));
        follower.Fresh().ShouldBeSameAs(second, "and then it stands");
    }

    /// <summary>As the kubelet renews a Pod's token and CA: new files in a folder of their own, and the link to that folder is moved.</summary>
    [Fact]
    public async Task ServiceAccount_Renewed_IsInUseWithin30Seconds()
    {
        using var other = new ClusterPki();
        _folder.MountConfigMap("1", ("token", "first-token"), ("ca.crt", _server.Pki.CaPem));
        var time = new FakeTimeProvider();
        var follower = new AccessFollower(ClusterAccess.InCluster("10.96.0.1", "443", _logger, _folder.Path), time);

        _folder.MountConfigMap("2", ("token", "second-token"), ("ca.crt", other.CaPem));
        (await TokenAsync()).ShouldBe("first-token", "nothing is read for every request");
        time.Advance(TimeSpan.FromSeconds(30));
        (await TokenAsync()).ShouldBe("second-token");
        follower.Current.Trust.Validate(other.Server, null, SslPolicyErrors.RemoteCertificateChainErrors).ShouldBeTrue();
        follower.Current.Trust.Validate(_server.Pki.Server, null, SslPolicyErrors.RemoteCertificateChainErrors).ShouldBeFalse();

        async Task<string?> TokenAsync() => (await follower.Fresh().Identify(TestContext.Current.CancellationToken)).Token;
    }

    [Fact]
    public async Task Kubeconfig_Replaced_IsReadAgain_AndWhileHalfWrittenIsNot()
    {
        using var client = Client("{token: first-token}");
        (await AskAsync(client)).ShouldBeNull();
        _server.Accounts.Token = "second-token";
        string next = _server.Kubeconfig("{token: second-token}");
        foreach (string half in (string[])["", next[..(next.Length / 2)],
            next.Replace("current-context: fake", "current-context: other", StringComparison.Ordinal)])
        {
            _folder.Write("kubeconfig", half);
            (await AskAsync(client))!.Failure.ShouldBe(ApiFailure.Unauthorized);
        }

        File.Delete(_folder["kubeconfig"]);
        (await AskAsync(client))!.Failure.ShouldBe(ApiFailure.Unauthorized);
        _folder.Write("kubeconfig", next);
        (await AskAsync(client)).ShouldBeNull();
    }

    [Fact]
    public async Task Token_HalfWritten_TheOldOneStays()
    {
        _folder.Write("token", "first-token");
        using var client = Client("{tokenFile: token}");
        (await AskAsync(client)).ShouldBeNull();
        _server.Accounts.Token = "second-token";
        foreach (string half in (string[])["", "two\nlines"])
        {
            _folder.Write("token", half);
            (await AskAsync(client))!.Message.ShouldEndWith($"the server was shown the token of {_folder["token"]}");
        }

        _folder.Write("token", "second-token");
        (await AskAsync(client)).ShouldBeNull();
    }

    /// <summary>The next server is of another cluster, whose versions say nothing here.</summary>
    [Fact]
    public async Task Kubeconfig_NamesAnotherServer_ItIsListed()
    {
        await using var cluster = await FollowedCluster.StartAsync("a");
        await cluster.UntilWatchedAsync();
        _server.Reset(100_000);
        _server.Apply(FollowedCluster.Service("b"));
        cluster.Folder.Replace("kubeconfig", _server.Kubeconfig());
        await cluster.Server.StopAsync();
        await cluster.UntilServingAsync("b");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task CertificateAuthority_Replaced_IsBelieved(bool inCluster)
    {
        await using var cluster = await FollowedCluster.ServeAsync();
        cluster.Server.Apply(FollowedCluster.Service("a"));
        _folder.Write("ca.crt", cluster.Server.Pki.CaPem);
        _folder.Write("token", cluster.Server.Accounts.Token);
        var url = cluster.Server.Url;
        _folder.Write("kubeconfig", cluster.Server.Kubeconfig("{tokenFile: token}", $"{{server: {url}, certificate-authority: ca.crt}}"));
        cluster.Follow(access: inCluster
            ? ClusterAccess.InCluster(url.Host, $"{url.Port}", _logger, _folder.Path)
            : ClusterAccess.FromKubeconfig(_folder["kubeconfig"], TimeProvider.System, _logger));
        await cluster.UntilServingAsync("a");

        await cluster.Server.StopAsync();
        await using var next = await ApiServer.StartAsync(new ServerSettings { Port = url.Port });
        foreach (string name in (string[])["a", "b"]) next.Apply(FollowedCluster.Service(name));
        await cluster.EventuallyAsync(
            () => cluster.Source.Facts.All(facts => facts.Trouble?.Contains("not signed by the CA", StringComparison.Ordinal) == true), "it is not believed");
        _folder.Replace("ca.crt", next.Pki.CaPem);
        await cluster.UntilServingAsync("a", "b");
    }

    /// <summary>What came out of a pipe cannot be read again, and whoever opened one would wait for ever.</summary>
    [Fact]
    public async Task Pipe_IsNotReadAgain()
    {
        using var make = Process.Start("mkfifo", [_folder["kubeconfig"]]);
        await make.WaitForExitAsync(TestContext.Current.CancellationToken);
        var writing = Task.Run(() => File.WriteAllText(_folder["kubeconfig"], _server.Kubeconfig()), TestContext.Current.CancellationToken);
        var access = ClusterAccess.FromKubeconfig(_folder["kubeconfig"], TimeProvider.System, _logger);
        await writing;
        await Task.Run(() => new AccessFollower(access, TimeProvider.System).LookAgain(access).ShouldBeFalse(), TestContext.Current.CancellationToken)
            .WaitAsync(FollowedCluster.Patience, TestContext.Current.CancellationToken);
    }

    private void WritePair(string user)
    {
        var (certificate, key) = _server.Pki.ClientPem(user);
        _folder.Replace("client.crt", certificate);
        _folder.Replace("client.key", key);
    }

    private void WriteBoth(string name, string user)
    {
        var (certificate, key) = _server.Pki.ClientPem(user);
        _folder.Write(name, certificate + "\n" + key + "\n");
    }

    private ClusterAccess Access(string user, TimeProvider time)
    {
        _folder.Write("kubeconfig", _server.Kubeconfig(user));
        return ClusterAccess.FromKubeconfig(_folder["kubeconfig"], time, _logger);
    }

    private ApiClient Client(string user) => new(Access(user, TimeProvider.System), TimeProvider.System);

    /// <summary>Null when the server has let us in.</summary>
    private static async Task<ApiException?> AskAsync(ApiClient client)
    {
        try
        {
            await client.ListAllAsync(ApiResources.Services, new ListQuery(), _ => { }, TestContext.Current.CancellationToken);
            return null;
        }
        catch (ApiException e)
        {
            return e;
        }
    }
}
