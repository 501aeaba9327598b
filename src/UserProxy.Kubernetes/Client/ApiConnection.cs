using System.Globalization;
using System.Net.Security;
using k8s;
using k8s.Autorest;
using UserProxy.Kubernetes.Client.Access;
using UserProxy.Kubernetes.Objects;

namespace UserProxy.Kubernetes.Client;

/// <summary>
/// The package's client for one server and one identity. It makes the requests. Set here are whom to believe, how soon a dead connection is found, and which
/// proxy is gone through. Bodies are left unread: the package would read a page as one piece, on a blocked thread, and lose it by one bad object. Used by
/// <see cref="ApiClient"/>.
/// </summary>
internal sealed class ApiConnection(ClusterAccess access, Identity identity, ApiTimings timings, ApiAnswers answers)
    : k8s.Kubernetes(ConfigurationOf(access, identity, timings), answers)
{
    /// <summary>For lists alone: who compresses a watch on the way, a gateway say, may keep its events until there are enough of them.</summary>
    private static readonly Dictionary<string, IReadOnlyList<string>> GzipWanted = new() { ["Accept-Encoding"] = ["gzip"] };

    // Before the package's first use of its options, until which they can be changed.
    static ApiConnection() => KubernetesJson.AddJsonOptions(options => options.TypeInfoResolverChain.Insert(0, PackageJson.Default));

    public async Task<HttpResponseMessage> ListAsync<T>(ApiResource<T> resource, ListQuery query, TimeSpan? watch, CancellationToken cancellationToken)
        where T : class
    {
        bool? watches = watch is null ? null : true;
        var headers = watch is null ? GzipWanted : null;
        int? seconds = watch is { } length ? (int)Math.Ceiling(length.TotalSeconds) : null;
        var result = resource.Namespace is { } space
            ? await CustomObjects.ListNamespacedCustomObjectWithHttpMessagesAsync<object>(
                resource.Group, resource.Version, space, resource.Name, watches, query.Continue, query.Field, query.Label, query.Limit, query.Version, null,
                seconds, watches,
                customHeaders: headers, cancellationToken: cancellationToken).ConfigureAwait(false)
            : await CustomObjects.ListClusterCustomObjectWithHttpMessagesAsync<object>(
                resource.Group, resource.Version, resource.Name, watches, query.Continue, query.Field, query.Label, query.Limit, query.Version, null, seconds,
                watches,
                customHeaders: headers, cancellationToken: cancellationToken).ConfigureAwait(false);
        return result.Response;
    }

    protected override Task<HttpOperationResponse<T>> CreateResultAsync<T>(
        HttpRequestMessage httpRequest, HttpResponseMessage httpResponse, bool? watch, CancellationToken cancellationToken) =>
        Task.FromResult(new HttpOperationResponse<T> { Request = httpRequest, Response = httpResponse });

    private static KubernetesClientConfiguration ConfigurationOf(ClusterAccess access, Identity identity, ApiTimings timings) => new()
    {
        Host = access.Server.GetLeftPart(UriPartial.Path),
        TlsServerName = access.TlsServerName,
        AccessToken = identity.Token,
        Username = identity.Name,
        Password = identity.Password,
        UserAgent = string.Create(CultureInfo.InvariantCulture, $"userproxy/{typeof(ApiConnection).Assembly.GetName().Version?.ToString(3)}"),
        HttpClientTimeout = Timeout.InfiniteTimeSpan, // the caller has one, on its own clock
        FirstMessageHandlerSetup = handler =>
        {
            handler.ConnectTimeout = timings.Connect;
            handler.KeepAlivePingDelay = timings.PingDelay;
            handler.KeepAlivePingTimeout = timings.PingTimeout;
            handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests;
            handler.PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1);
            handler.AllowAutoRedirect = false; // credentials go to the server that was configured and to no other
            handler.UseCookies = false;
            handler.MaxResponseHeadersLength = 64;
            if (access.Proxy is not null) handler.Proxy = access.Proxy; // else HTTPS_PROXY and NO_PROXY, as the runtime reads them
            // The package's own check believes a certificate of the right CA under any name; SslCaCerts stays empty, and so that check out of use.
            handler.SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, shown, chain, errors) => access.Trust.Validate(shown, chain, errors),
                ClientCertificateContext = identity.Certificate,
            };
        },
    };
}
