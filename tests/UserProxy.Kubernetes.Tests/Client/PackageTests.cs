using System.Security.Cryptography.X509Certificates;
using System.Text;
using k8s;
using k8s.Exceptions;
using UserProxy.FakeApiServer;

namespace UserProxy.Kubernetes.Tests.Client;

/// <summary>
/// What this version of the package does, and why code of ours stands in its place (docs/decisions/0042). One that fails says that the package has learned
/// something, and that ours may go.
/// </summary>
public sealed class PackageTests : IAsyncLifetime
{
    private readonly TestFolder _folder = new();
    private ApiServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await ApiServer.StartAsync();
        _server.Accounts.Token = "secret";
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>Hence ServerTrust: the certificate is for 127.0.0.1 and kubernetes.default.svc, not for localhost.</summary>
    [Fact]
    public async Task CertificateUnderAWrongName_IsBelieved()
    {
        using var client = new k8s.Kubernetes(new KubernetesClientConfiguration
        {
            Host = $"https://localhost:{_server.Url.Port}",
            AccessToken = "secret",
            SslCaCerts = [X509CertificateLoader.LoadCertificate(Encoding.UTF8.GetBytes(_server.Pki.CaPem))],
        });
        (await client.CoreV1.ListServiceForAllNamespacesAsync(cancellationToken: TestContext.Current.CancellationToken)).Items.ShouldBeEmpty();
    }

    /// <summary>Hence KubeconfigReader.</summary>
    [Theory]
    [InlineData("{tokenFile: token}", "{server: 'https://a.example'}")]
    [InlineData("{exec: {command: ./plugin, apiVersion: client.authentication.k8s.io/v1}}", "{server: 'https://a.example'}")]
    public void Kubeconfig_UserThatIsNotUnderstood_IsAnError(string user, string cluster)
    {
        _folder.Write("token", "secret");
        Should.Throw<KubeConfigException>(() => Build(user, cluster));
    }

    [Fact]
    public void Kubeconfig_ProxyAndImpersonation_AreLeftOut()
    {
        var read = Build("{token: secret, as: somebody}", "{server: 'https://a.example', proxy-url: 'http://proxy.example:3128'}");
        read.AccessToken.ShouldBe("secret"); // and so the server answers as to somebody else
        typeof(KubernetesClientConfiguration).GetProperties().ShouldNotContain(property => property.Name.Contains("Proxy", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void Kubeconfig_BundleOfCAs_IsItsFirst()
    {
        using var other = new ClusterPki();
        string bundle = Convert.ToBase64String(Encoding.UTF8.GetBytes(other.CaPem + "\n" + _server.Pki.CaPem));
        Build("{token: secret}", $"{{server: 'https://a.example', certificate-authority-data: {bundle}}}").SslCaCerts.Count.ShouldBe(1);
    }

    /// <summary>Hence the decoders: a page that holds it is an exception.</summary>
    [Fact]
    public async Task OneBadObject_CostsItsPage()
    {
        _server.Apply("{kind: Service, metadata: {name: bad, namespace: demo}, spec: {ports: {}}}");
        using var client = new k8s.Kubernetes(
            new KubernetesClientConfiguration { Host = _server.Url.ToString(), AccessToken = "secret", SkipTlsVerify = true });
        await Should.ThrowAsync<System.Text.Json.JsonException>(
            () => client.CoreV1.ListServiceForAllNamespacesAsync(cancellationToken: TestContext.Current.CancellationToken));
    }

    /// <summary>Hence WatchStream: the variant for native executables has the request for a watch, and nothing that reads its lines.</summary>
    [Fact]
    public void Watcher_IsNotThere() =>
        typeof(k8s.Kubernetes).Assembly.GetTypes().ShouldNotContain(type => type.IsPublic && type.Name.StartsWith("Watcher", StringComparison.Ordinal));

    private KubernetesClientConfiguration Build(string user, string cluster)
    {
        _folder.Write("kubeconfig", _server.Kubeconfig(user, cluster));
        return KubernetesClientConfiguration.BuildConfigFromConfigFile(_folder["kubeconfig"]);
    }
}
