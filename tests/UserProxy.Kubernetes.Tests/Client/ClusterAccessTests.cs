using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using UserProxy.FakeApiServer;
using UserProxy.Kubernetes.Client;
using UserProxy.Kubernetes.Client.Access;
using UserProxy.Kubernetes.Objects;
using UserProxy.Tests;

namespace UserProxy.Kubernetes.Tests.Client;

/// <summary>Every way in, tried on a real TLS server; and what is said when there is none.</summary>
public sealed class ClusterAccessTests : IAsyncLifetime
{
    private readonly TestFolder _folder = new();
    private readonly RecordingLogger<ClusterAccessTests> _logger = new();
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

    [Fact]
    public async Task Token_IsSent() => (await AskAsync("{token: secret}")).ShouldBeNull();

    [Fact]
    public async Task Token_Wrong_IsUnauthorized() => (await AskAsync("{token: wrong}"))!.Failure.ShouldBe(ApiFailure.Unauthorized);

    [Theory]
    [InlineData("{token: wrong}", "users[0].user.token of KUBECONFIG")]
    [InlineData("{username: me, password: wrong}", "users[0].user.username and password of KUBECONFIG")]
    [InlineData("{tokenFile: wrong-token}", "the token of FOLDER/wrong-token")]
    [InlineData("{}", "nothing: the user of KUBECONFIG has no credentials")]
    public async Task Refused_SaysWhatWasShown(string user, string expected)
    {
        _folder.Write("wrong-token", "wrong");
        string shown = expected.Replace(
            "KUBECONFIG", _folder["kubeconfig"], StringComparison.Ordinal).Replace("FOLDER", _folder.Path, StringComparison.Ordinal);
        (await AskAsync(user))!.Message.ShouldEndWith($"the server was shown {shown}");
    }

    [Fact]
    public async Task TokenFile_IsRelativeToTheKubeconfig()
    {
        _folder.Write("token", "secret\n");
        (await AskAsync("{tokenFile: token, token: other}")).ShouldBeNull();
    }

    [Fact]
    public async Task NameAndPassword_AreSent() => (await AskAsync($"{{username: {Accounts.User}, password: '{Accounts.Password}'}}")).ShouldBeNull();

    [Fact]
    public async Task ClientCertificate_InFilesAndInData_IsShown()
    {
        var (certificate, key) = _server.Pki.ClientPem("node-1");
        _folder.Write("client.crt", certificate);
        _folder.Write("client.key", key);
        (await AskAsync("{client-certificate: client.crt, client-key: client.key}")).ShouldBeNull();
        (await AskAsync($"{{client-certificate-data: {Base64(certificate)}, client-key-data: {Base64(key)}}}")).ShouldBeNull();
        (await AskAsync("{}"))!.Failure.ShouldBe(ApiFailure.Unauthorized);
    }

    [Fact]
    public async Task CertificateAuthority_InAFile_IsBelieved()
    {
        _folder.Write("ca.crt", _server.Pki.CaPem);
        (await AskAsync("{token: secret}", $"{{server: {_server.Url}, certificate-authority: ca.crt}}")).ShouldBeNull();
    }

    [Fact]
    public async Task CertificateAuthority_OfAnotherCluster_IsNotBelieved()
    {
        using var other = new ClusterPki();
        var failed = await AskAsync("{token: secret}", $"{{server: {_server.Url}, certificate-authority-data: {Base64(other.CaPem)}}}");
        failed!.Failure.ShouldBe(ApiFailure.Unreachable);
        failed.Message.ShouldContain("is not signed by the CA that was given");
        _server.Requests.ShouldBeEmpty(); // the token has not left
    }

    [Fact]
    public async Task CertificateAuthority_NotGiven_IsTheSystems() =>
        (await AskAsync("{token: secret}", $"{{server: {_server.Url}}}"))!.Message.ShouldContain("not signed by a CA of this system");

    [Fact]
    public async Task InsecureSkipTlsVerify_BelievesAnything() =>
        (await AskAsync("{token: secret}", $"{{server: {_server.Url}, insecure-skip-tls-verify: true}}")).ShouldBeNull();

    [Fact]
    public async Task ServerName_IsChecked()
    {
        // The certificate is for 127.0.0.1 and kubernetes.default.svc, not for localhost.
        string url = $"https://localhost:{_server.Url.Port}";
        (await AskAsync("{token: secret}", $"{{server: '{url}', certificate-authority-data: {_server.CaData}}}"))!.Message.ShouldContain("is for another name");
        (await AskAsync("{token: secret}", $"{{server: '{url}', tls-server-name: kubernetes.default.svc, certificate-authority-data: {_server.CaData}}}"))
            .ShouldBeNull();
        (await AskAsync("{token: secret}", $"{{server: {_server.Url}, tls-server-name: other.example, certificate-authority-data: {_server.CaData}}}"))!
            .Message.ShouldContain("is for another name");
    }

    [Fact]
    public async Task ProxyUrl_IsGoneThrough()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var connect = ConnectLineAsync(listener);
        string cluster = $"{{server: 'https://api.example:6443', proxy-url: 'http://{listener.LocalEndpoint}', certificate-authority-data: {_server.CaData}}}";
        (await AskAsync("{token: secret}", cluster))!.Failure.ShouldBe(ApiFailure.Unreachable);
        (await connect).ShouldStartWith("CONNECT api.example:6443");
    }

    [Fact]
    public async Task Exec_TokenExpires_IsRunAgain()
    {
        WritePlugin("plugin.sh", """
            echo x >> runs
            echo "$KUBERNETES_EXEC_INFO" > info
            echo "$1 $GREETING" > given
            echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"secret","expirationTimestamp":"2025-01-01T01:00:00Z"}}'
            """);
        var time = new FakeTimeProvider(); // 2025-01-01T00:00 and a day's timestamps
        string user = Exec("plugin.sh", "interactiveMode: Never, env: [{name: GREETING, value: world}], provideClusterInfo: true", arguments: ", hello");
        var access = Access(user, time: time);
        using var client = new ApiClient(access, TimeProvider.System);
        (await AskAsync(client)).ShouldBeNull();
        (await AskAsync(client)).ShouldBeNull();
        Runs.ShouldBe(2); // the fake clock is past the expiry: each request needs a new one
        _server.Requests.Select(request => request.Connection).Distinct().Count().ShouldBe(1, "the same token again is the same identity");
        File.ReadAllText(_folder["given"]).ShouldBe("hello world\n");
        string info = await File.ReadAllTextAsync(_folder["info"], TestContext.Current.CancellationToken);
        info.ShouldContain($"\"server\":\"{_server.Url}\"");
        info.ShouldContain("\"certificate-authority-data\":");
        info.ShouldContain("\"interactive\":false");
    }

    [Theory]
    [InlineData("v1", "interactiveMode: IfAvailable")]
    [InlineData("v1beta1", "")]
    public async Task Exec_TokenRefused_IsRunAgainOnce(string version, string more)
    {
        WritePlugin("plugin.sh", $$"""
            echo x >> runs
            token=$(cat current)
            echo '{"apiVersion":"client.authentication.k8s.io/{{version}}","kind":"ExecCredential","status":{"token":"'$token'"} }'
            """);
        _folder.Write("current", "secret");
        using var client = new ApiClient(Access(Exec("plugin.sh", more, version)), TimeProvider.System);
        (await AskAsync(client)).ShouldBeNull();
        (await AskAsync(client)).ShouldBeNull();
        Runs.ShouldBe(1);

        _server.Accounts.Token = "next";
        _folder.Write("current", "next");
        (await AskAsync(client)).ShouldBeNull();
        Runs.ShouldBe(2);

        _server.Accounts.Token = "third";
        (await AskAsync(client))!.Failure.ShouldBe(ApiFailure.Unauthorized);
        Runs.ShouldBe(3);
    }

    [Fact]
    public async Task Exec_ClientCertificate_IsShown()
    {
        var (certificate, key) = _server.Pki.ClientPem("node-1");
        string Escape(string pem) => pem.Replace("\n", "\\n", StringComparison.Ordinal);
        _folder.Write("answer", $$"""
            {"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential",
             "status":{"clientCertificateData":"{{Escape(certificate)}}","clientKeyData":"{{Escape(key)}}"} }
            """);
        WritePlugin("plugin.sh", "cat answer");
        (await AskAsync(Exec("plugin.sh", "interactiveMode: Never"))).ShouldBeNull();
    }

    [Fact]
    public async Task ClientCertificate_Renewed_EndsNoRequestThatIsOnItsWay()
    {
        var access = Access("{}");
        var identity = IdentityOf("node-1");
        using var client = new ApiClient(new ClusterAccess(access.Server, access.Trust, _ => ValueTask.FromResult(identity)), TimeProvider.System);
        using var watch = await client.WatchAsync(
            ApiResources.Services, new ListQuery { Version = "1000" }, TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        identity = IdentityOf("node-1"); // as an exec plugin whose certificate has expired
        (await AskAsync(client)).ShouldBeNull();
        _server.Apply(FollowedCluster.Service("a"));
        (await watch.NextAsync())!.Value.Id!.Value.Name.ShouldBe("a");
    }

    [Theory]
    [InlineData("echo oops >&2; exit 3", "ended with code 3: oops")]
    [InlineData("echo hello", "has not printed an ExecCredential")]
    [InlineData("echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1alpha1\"}'", "v1alpha1")]
    [InlineData("echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{}}'", "neither a token nor")]
    public async Task Exec_Fails_SaysHow(string script, string expected)
    {
        WritePlugin("plugin.sh", script);
        var failed = await AskAsync(Exec("plugin.sh", "interactiveMode: Never"));
        failed!.Failure.ShouldBe(ApiFailure.Unauthorized);
        failed.Message.ShouldContain(expected);
        failed.Message.ShouldContain("exec plugin ");
    }

    [Fact]
    public async Task Exec_PrintsSomethingElse_ItIsNotRepeated()
    {
        WritePlugin("plugin.sh", "echo 'token: top-secret'");
        (await AskAsync(Exec("plugin.sh", "interactiveMode: Never")))!.Message.ShouldNotContain("top-secret");
    }

    [Fact]
    public async Task Exec_DoesNotEnd_IsEndedAfterAMinute()
    {
        WritePlugin("plugin.sh", "echo $$ > pid.new; mv pid.new pid; while :; do sleep 1; done");
        var time = new HeldTimers();
        using var client = new ApiClient(Access(Exec("plugin.sh", "interactiveMode: Never"), time: time), TimeProvider.System);
        var asking = AskAsync(client);
        while (!File.Exists(_folder["pid"])) await Task.Delay(10, TestContext.Current.CancellationToken);
        (await time.FireFirstAsync()).ShouldBe(TimeSpan.FromMinutes(1));
        (await asking.WaitAsync(FollowedCluster.Patience, TestContext.Current.CancellationToken))!.Message.ShouldContain("has not answered within 60 s");
        string pid = (await File.ReadAllTextAsync(_folder["pid"], TestContext.Current.CancellationToken)).Trim();
        while (Directory.Exists($"/proc/{pid}")) await Task.Delay(10, TestContext.Current.CancellationToken);
    }

    /// <summary>Whoever can write to the folder that the proxy was started in must not give it a program. The suite runs in its own.</summary>
    [Fact]
    public async Task Exec_BareName_IsNotLookedForInTheCurrentFolder()
    {
        string name = $"plugin-{Guid.NewGuid():N}";
        File.CreateSymbolicLink(Path.GetFullPath(name), "/bin/true");
        try
        {
            (await AskAsync($"{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: {name}, interactiveMode: Never}}}}"))!.Message.ShouldContain(
                "it is not in PATH");
        }
        finally
        {
            File.Delete(Path.GetFullPath(name));
        }
    }

    /// <summary>A server whose CA has signed no client but another CA needs that one's certificate as well.</summary>
    [Fact]
    public async Task ClientCertificate_IsShownWithItsIntermediates()
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var root = Authority("CN=root", rootKey).CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-2), DateTimeOffset.UtcNow.AddDays(1));
        using var middleKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var middle = Authority("CN=intermediate", middleKey).Create(root, root.NotBefore, root.NotAfter, [1]).CopyWithPrivateKey(middleKey);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var leaf = new CertificateRequest("CN=node-1", key, HashAlgorithmName.SHA256).Create(middle, root.NotBefore, root.NotAfter, [2]);
        _folder.Write("client.crt", leaf.ExportCertificatePem() + "\n" + middle.ExportCertificatePem());
        _folder.Write("client.key", key.ExportPkcs8PrivateKeyPem());
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var shown = ShownAsync(listener);
        string cluster = $"{{server: 'https://{listener.LocalEndpoint}', certificate-authority-data: {_server.CaData}}}";
        (await AskAsync("{client-certificate: client.crt, client-key: client.key}", cluster)).ShouldNotBeNull();
        (await shown).ShouldContain("CN=intermediate");
    }

    /// <summary>An error whose body never ends is an error all the same.</summary>
    [Fact]
    public async Task Answer_ErrorWithoutEnd_IsReadToItsLimit()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var stop = new CancellationTokenSource();
        var pouring = PourAsync(listener, "403 Forbidden", "", stop.Token);
        using var client = PlainClient(listener);
        (await AskAsync(client).WaitAsync(FollowedCluster.Patience, TestContext.Current.CancellationToken))!.Message.ShouldStartWith("403: ");
        await stop.CancelAsync();
        await pouring;
    }

    /// <summary>A list that has an item without an end is given up before it takes the memory.</summary>
    [Theory]
    [InlineData("""{"items":[{"metadata":{"name":"a","x":" """)]
    [InlineData("""{"items":[],"x":{"y":" """)]
    public async Task Answer_ItemWithoutEnd_IsReadToItsLimit(string begin)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var stop = new CancellationTokenSource();
        var pouring = PourAsync(listener, "200 OK", begin, stop.Token);
        using var client = PlainClient(listener);
        var failed = (await AskAsync(client).WaitAsync(FollowedCluster.Patience, TestContext.Current.CancellationToken))!;
        failed.Failure.ShouldBe(ApiFailure.Malformed);
        failed.Message.ShouldBe("the list is no list: it holds something of over 16 MiB");
        await stop.CancelAsync();
        (await pouring).ShouldBeLessThan(64 << 20);
    }

    [Fact]
    public async Task List_LargeItem_IsRead()
    {
        _server.Apply(
            $"{{kind: Service, metadata: {{name: large, namespace: demo, annotations: {{a: {new string('x', 12 << 20)}}}}}, spec: {{clusterIP: 10.0.0.1}}}}");
        _server.Apply(FollowedCluster.Service("small"));
        using var client = new ApiClient(Access("{token: secret}"), TimeProvider.System);
        var items = new List<DecodedItem<ServiceObject>>();
        await client.ListAllAsync(ApiResources.Services, new ListQuery(), items.Add, TestContext.Current.CancellationToken);
        items.Select(item => item.Id!.Value.Name).ShouldBe(["large", "small"], ignoreOrder: true);
        items.ShouldAllBe(item => item.Item != null);
    }

    /// <summary>Whoever compresses a watch on the way may keep events until there are enough of them.</summary>
    [Fact]
    public async Task Gzip_IsOfferedWithListsAlone()
    {
        using var client = new ApiClient(Access("{token: secret}"), TimeProvider.System);
        _server.Apply(FollowedCluster.Service("a"));
        int items = 0;
        await client.ListAllAsync(ApiResources.Services, new ListQuery(), _ => items++, TestContext.Current.CancellationToken);
        items.ShouldBe(1);
        using var watch = await client.WatchAsync(
            ApiResources.Services, new ListQuery { Version = "1000" }, TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        _server.Requests.Select(request => (request.IsWatch, request.Encodings)).ShouldBe([(false, "gzip"), (true, "")]);
    }

    /// <summary>A request that took long to find out who we are must not bring back who we were.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task LateRequest_DoesNotReplaceANewerConnection(bool ofOlderAccess)
    {
        var late = new TaskCompletionSource<Identity>();
        var newer = new Identity("newer") { Token = "secret", Turn = 2 };
        var read = Access("{token: secret}");
        int asked = 0;
        var first = new ClusterAccess(read.Server, read.Trust, _ => asked++ == 0 ? new ValueTask<Identity>(late.Task) : ValueTask.FromResult(newer))
        {
            Files = read.Files,
            MakeAgain = () => new ClusterAccess(read.Server, read.Trust, newer),
        };
        var time = new FakeTimeProvider();
        using var client = new ApiClient(first, time);
        var waiting = AskAsync(client);
        if (ofOlderAccess)
        {
            _folder.Write("kubeconfig", _server.Kubeconfig() + "# changed\n");
            time.Advance(TimeSpan.FromSeconds(30));
        }

        (await AskAsync(client)).ShouldBeNull();
        late.SetResult(new Identity("older") { Token = "secret", Turn = 1 });
        (await waiting).ShouldBeNull();
        (await AskAsync(client)).ShouldBeNull();
        _server.Requests.Select(request => request.Connection).Distinct().Count().ShouldBe(1);
        asked.ShouldBe(ofOlderAccess ? 1 : 3);
    }

    [Fact]
    public async Task Exec_NotInstalled_GivesTheHint()
    {
        var failed = await AskAsync(
            "{exec: {apiVersion: client.authentication.k8s.io/v1, command: userproxy-no-such-plugin, interactiveMode: Never, installHint: 'get it at "
                + "example.com'}}");
        failed!.Message.ShouldContain("cannot be started");
        failed.Message.ShouldContain("get it at example.com");
    }

    [Theory]
    [InlineData("{auth-provider: {name: gcp}}", "auth-provider: is not supported")]
    [InlineData("{as: root, token: x}", "as: is not supported")]
    [InlineData("{client-certificate-data: aGk=}", "client-key need each other")]
    [InlineData("{client-certificate-data: aGk=, client-key-data: aGk=}", "cannot be used together")]
    [InlineData("{client-certificate-data: '%%', client-key-data: aGk=}", "is no base64")]
    [InlineData("{client-certificate: missing.crt, client-key: missing.key}", "missing.crt: cannot be read")]
    [InlineData("{token: 5}", "must be a string")]
    [InlineData("{token: \"two\\nlines\"}", "no token has")]
    [InlineData("{exec: {command: x, apiVersion: client.authentication.k8s.io/v1alpha1}}", "exec.apiVersion")]
    [InlineData("{exec: {command: x, apiVersion: client.authentication.k8s.io/v1}}", "interactiveMode is needed")]
    [InlineData("{exec: {command: x, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Always}}", "nobody to ask")]
    [InlineData("{exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never}}", "exec.command is needed")]
    public void User_Wrong_SaysWhat(string user, string expected) => FaultOf(_server.Kubeconfig(user)).ShouldContain(expected);

    [Theory]
    [InlineData("{server: nowhere}", "is no URL")]
    [InlineData("{server: 'https://me:secret@example.com'}", "belong to the user entry")]
    [InlineData("{server: 'http://example.com'}", "credentials are not sent")]
    [InlineData("{server: 'https://a', insecure-skip-tls-verify: true, certificate-authority-data: aGk=}", "exclude each other")]
    [InlineData("{server: 'https://a', certificate-authority-data: aGk=}", "no CERTIFICATE block")]
    [InlineData("{server: 'https://a', proxy-url: 'ftp://x'}", "proxy-url")]
    public void Cluster_Wrong_SaysWhat(string cluster, string expected) => FaultOf(_server.Kubeconfig("{token: x}", cluster)).ShouldContain(expected);

    [Theory]
    [InlineData("", "is no kubeconfig")]
    [InlineData("kind: Config", "current-context is not set")]
    [InlineData("{apiVersion: v1, kind: Service}", "is no kubeconfig, its kind is Service: a mapping with clusters, users and contexts is needed")]
    [InlineData("{replicas: 1}", "is no kubeconfig: a mapping with clusters, users and contexts is needed")]
    [InlineData("current-context: a", "contexts holds no context named \"a\"")]
    [InlineData("{current-context: a, contexts: [{name: a, context: {cluster: b}}]}", "clusters holds no cluster named \"b\"")]
    [InlineData("a: [", "kubeconfig:2: ")]
    public void Kubeconfig_Wrong_SaysWhat(string text, string expected) => FaultOf(text).ShouldContain(expected);

    [Fact]
    public void Kubeconfig_Missing_SaysWhich() => FaultOf(null).ShouldContain(_folder["kubeconfig"]);

    [Fact]
    public void Kubeconfig_AnotherContext_CanBeChosen()
    {
        _folder.Write("kubeconfig", "{contexts: [{name: a, context: {cluster: b}}], clusters: [{name: b, cluster: {server: 'https://b.example/k8s/'}}]}");
        ClusterAccess.FromKubeconfig(_folder["kubeconfig"], TimeProvider.System, _logger, "a").Server.ShouldBe(new Uri("https://b.example/k8s/"));
    }

    /// <summary>
    /// As kubectl does: whoever has an entry of a name first has it whole; files that are not there are left out; paths are relative to their own file.
    /// </summary>
    [Fact]
    public async Task Kubeconfigs_AreMerged()
    {
        Directory.CreateDirectory(_folder["sub"]);
        _folder.Write("sub/token", "secret");
        _folder.Write(
            "first", $"{{contexts: [{{name: a, context: {{cluster: b, user: me}}}}], clusters: [{{name: b, cluster: {{server: '{_server.Url}', "
                + $"certificate-authority-data: {_server.CaData}}}}}]}}");
        _folder.Write(
            "sub/second",
            "{current-context: a, users: [{name: me, user: {tokenFile: token}}], clusters: [{name: b, cluster: {server: 'https://other.example', "
                + "insecure-skip-tls-verify: true}}]}");
        string list = $"{_folder["missing"]}::{_folder["first"]}:{_folder["sub/second"]}";
        using var client = new ApiClient(
            ClusterAccess.Find(null, name => name == "KUBECONFIG" ? list : null, TimeProvider.System, _logger), TimeProvider.System);
        (await AskAsync(client)).ShouldBeNull();

        Should.Throw<ClusterAccessException>(
            () => ClusterAccess.Find(null, name => name == "KUBECONFIG" ? $"{_folder["x"]}:{_folder["y"]}" : null, TimeProvider.System, _logger))
            .Message.ShouldContain(_folder["x"]);
    }

    [Theory]
    [InlineData(null, "443", "this is no Pod")]
    [InlineData("10.96.0.1", "x", "are no address")]
    [InlineData("10.96.0.1", "443", "token: is missing")]
    public void InCluster_Wrong_SaysWhat(string? host, string port, string expected) =>
        Should.Throw<ClusterAccessException>(() => ClusterAccess.InCluster(host, port, _logger, _folder.Path)).Message.ShouldContain(expected);

    [Fact]
    public void Find_TakesTheKubeconfigElseTheVariableElseThePod()
    {
        _folder.Write("kubeconfig", _server.Kubeconfig());
        _folder.Write("other", _server.Kubeconfig("{}", "{server: 'https://other.example:6443'}"));
        string? Variable(string name) => name == "KUBECONFIG" ? _folder["other"] : null;
        ClusterAccess.Find(_folder["kubeconfig"], Variable, TimeProvider.System, _logger).Server.ShouldBe(_server.Url);
        ClusterAccess.Find(null, Variable, TimeProvider.System, _logger).Server.ShouldBe(new Uri("https://other.example:6443/"));
        Should.Throw<ClusterAccessException>(() => ClusterAccess.Find(null, _ => null, TimeProvider.System, _logger)).Message.ShouldContain("--kubeconfig");
    }

    [Fact]
    public void InCluster_IPv6_IsAnAddress()
    {
        _folder.Write("token", "x");
        _folder.Write("ca.crt", _server.Pki.CaPem);
        ClusterAccess.InCluster("fd00::1", "6443", _logger, _folder.Path).Server.ShouldBe(new Uri("https://[fd00::1]:6443/"));
    }

    private int Runs => File.ReadAllLines(_folder["runs"]).Length;

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static async Task<string?> ConnectLineAsync(TcpListener listener)
    {
        using var client = await listener.AcceptTcpClientAsync();
        using var reader = new StreamReader(client.GetStream());
        string? line = await reader.ReadLineAsync();
        await client.GetStream().WriteAsync("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
        return line;
    }

    private static CertificateRequest Authority(string name, ECDsa key) => new(name, key, HashAlgorithmName.SHA256)
    {
        CertificateExtensions = { new X509BasicConstraintsExtension(true, false, 0, true), new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true) },
    };

    private async Task<IReadOnlyList<string>> ShownAsync(TcpListener listener)
    {
        var shown = new List<string>();
        using var client = await listener.AcceptTcpClientAsync();
        listener.Stop(); // so that who asks again is refused, and does not wait
        await using var tls = new SslStream(client.GetStream(), false, (_, _, chain, _) =>
        {
            shown.AddRange(chain!.ChainPolicy.ExtraStore.Select(one => one.Subject));
            return true;
        });
        await tls.AuthenticateAsServerAsync(_server.Pki.Server, clientCertificateRequired: true, checkCertificateRevocation: false);
        return shown;
    }

    private ApiClient PlainClient(TcpListener listener)
    {
        _folder.Write(
            "kubeconfig",
            $"{{current-context: a, contexts: [{{name: a, context: {{cluster: b}}}}], clusters: [{{name: b, cluster: {{server: "
                + $"'http://{listener.LocalEndpoint}'}}}}]}}");
        return new ApiClient(ClusterAccess.FromKubeconfig(_folder["kubeconfig"], TimeProvider.System, _logger), TimeProvider.System);
    }

    /// <summary>An answer without an end.</summary>
    /// <returns>How many bytes of it went out.</returns>
    private static async Task<long> PourAsync(TcpListener listener, string status, string begin, CancellationToken cancellationToken)
    {
        byte[] more = Encoding.UTF8.GetBytes(new string('x', 4096));
        long poured = 0;
        using var client = await listener.AcceptTcpClientAsync(cancellationToken);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes($"HTTP/1.1 {status}\r\n\r\n{begin}"), cancellationToken);
        try
        {
            for (; ; poured += more.Length) await stream.WriteAsync(more, cancellationToken);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The client has had enough, or the test.
        }

        return poured;
    }

    /// <summary>A command relative to the kubeconfig: a link to the shell, as a file that was written just now cannot always be executed (ETXTBSY).</summary>
    private string Exec(string script, string more, string version = "v1", string arguments = "")
    {
        if (!File.Exists(_folder["shell"])) File.CreateSymbolicLink(_folder["shell"], "/bin/sh");
        string separator = more.Length > 0 ? ", " : "";
        return $"{{exec: {{apiVersion: client.authentication.k8s.io/{version}, command: ./shell, args: [{_folder[script]}{arguments}]{separator}{more}}}}}";
    }

    private void WritePlugin(string name, string script) => _folder.Write(name, $"cd {_folder.Path}\n{script}\n");

    private ClusterAccess Access(string user, string? cluster = null, TimeProvider? time = null)
    {
        _folder.Write("kubeconfig", _server.Kubeconfig(user, cluster));
        return ClusterAccess.FromKubeconfig(_folder["kubeconfig"], time ?? TimeProvider.System, _logger);
    }

    private string FaultOf(string? kubeconfig)
    {
        if (kubeconfig is not null) _folder.Write("kubeconfig", kubeconfig);
        return Should.Throw<ClusterAccessException>(() => ClusterAccess.FromKubeconfig(_folder["kubeconfig"], TimeProvider.System, _logger)).Message;
    }

    /// <summary>Null when the server has let us in.</summary>
    private async Task<ApiException?> AskAsync(string user, string? cluster = null)
    {
        using var client = new ApiClient(Access(user, cluster), TimeProvider.System);
        return await AskAsync(client);
    }

    private Identity IdentityOf(string user)
    {
        var (certificate, key) = _server.Pki.ClientPem(user);
        return new Identity("test") { Certificate = ClientCertificate.Of("test", certificate, key) };
    }

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
