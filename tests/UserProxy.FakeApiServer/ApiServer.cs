using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace UserProxy.FakeApiServer;

/// <summary>
/// A Kubernetes API server as far as a service proxy and its tests can tell: list, watch, Events, writes of Namespaces, Services, EndpointSlices and Pods,
/// and the way to a Pod, over TLS, with a CA, accounts, selectors, versions and every fault that <see cref="Faults"/> knows. Runs inside a test, or alone
/// (Program.cs).
/// </summary>
public sealed class ApiServer : IAsyncDisposable
{
    private readonly ServerSettings _settings;
    private readonly Store _store = new();
    private readonly ApiRequests _requests;
    private WebApplication? _web;
    private int _port;

    private ApiServer(ServerSettings settings)
    {
        _settings = settings;
        _port = settings.Port;
        Accounts = new Accounts(Pki);
        _requests = new ApiRequests(_store, Faults, Accounts, settings);
    }

    public ClusterPki Pki { get; } = new();

    public Faults Faults { get; } = new();

    public Accounts Accounts { get; }

    public Uri Url => new($"https://127.0.0.1:{_port}");

    public IReadOnlyCollection<RequestSeen> Requests => _requests.Seen;

    /// <summary>Events that were created, as they came.</summary>
    public IReadOnlyCollection<JsonObject> Events => _requests.Events;

    /// <summary>How many watches are open.</summary>
    public int Watches => _requests.Watches;

    public static async Task<ApiServer> StartAsync(ServerSettings? settings = null)
    {
        var server = new ApiServer(settings ?? new ServerSettings());
        await server.ResumeAsync();
        return server;
    }

    /// <summary>Adds or replaces the objects of a YAML or JSON text of any number of documents.</summary>
    public void Apply(string yaml)
    {
        foreach (var item in YamlToJson.Objects(yaml)) Apply(item);
    }

    public void Apply(JsonObject item) => _store.Apply(ResourcePath.ResourceOf(item["kind"]?.ToString()), item);

    public bool Delete(string resource, string name, string space = "demo") => _store.Delete(resource, resource == "nodes" ? "" : space, name);

    /// <summary>Writes a line to all watches of a resource.</summary>
    public void WriteRaw(string resource, string line) => _store.Raw(resource, line);

    /// <summary>Forgets history; watches that are open go on.</summary>
    public void Compact() => _store.Compact();

    /// <summary>All objects go without a trace, and versions start anew: a cluster restored from another backup.</summary>
    public void Reset(long revision) => _store.Reset(revision);

    /// <summary>Nobody listens any more; all connections are cut.</summary>
    public async Task StopAsync()
    {
        if (_web is null) return;
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _web.StopAsync(now.Token);
        await _web.DisposeAsync();
        _web = null;
    }

    /// <summary>Listens again at the same port. As in a real server that has been restarted, every version from before is history.</summary>
    public async Task ResumeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, _port, listen =>
        {
            listen.Protocols = _settings.Http2 ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http1;
            listen.UseHttps(Pki.Server, https =>
            {
                https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                https.ClientCertificateValidation = (_, _, _) => true; // judged with the request
            });
        }));
        _store.Restart();
        _requests.Start();
        _web = builder.Build();
        _web.Run(_requests.AnswerAsync);
        await _web.StartAsync();
        _port = new Uri(_web.Urls.First()).Port;
    }

    /// <summary>A kubeconfig with the CA and the token in it.</summary>
    public string Kubeconfig() => Kubeconfig(string.Create(CultureInfo.InvariantCulture, $"{{token: {Accounts.Token}}}"));

    /// <param name="user">The user's fields in YAML flow style.</param>
    /// <param name="cluster">The cluster's fields in YAML flow style; the server's URL and CA when left out.</param>
    public string Kubeconfig(string user, string? cluster = null) => $$"""
        apiVersion: v1
        kind: Config
        current-context: fake
        contexts: [{name: fake, context: {cluster: fake, user: me} }]
        clusters: [{name: fake, cluster: {{cluster ?? Cluster}} }]
        users: [{name: me, user: {{user}} }]

        """;

    private string Cluster => $"{{server: {Url}, certificate-authority-data: {CaData}}}";

    public string CaData => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(Pki.CaPem));

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _requests.Dispose();
        Pki.Dispose();
    }
}
