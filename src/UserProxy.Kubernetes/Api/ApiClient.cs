using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Authentication;
using System.Text.Json;
using UserProxy.Counting;
using UserProxy.Kubernetes.Api.Access;

namespace UserProxy.Kubernetes.Api;

/// <summary>
/// The requests that the proxy makes of an API server: list a page, watch, create an Event. One for the process, shared by its
/// reflectors; HTTP/2 where the server offers it. Everything that goes wrong is an <see cref="ApiException"/>, bar cancellation.
/// </summary>
public sealed class ApiClient : IDisposable
{
    public const int PageSize = 500;

    private const int MaxErrorBytes = 64 << 10;
    private static readonly TimeSpan MaxRetryAfter = TimeSpan.FromMinutes(2);

    /// <summary>client-go's.</summary>
    private static readonly HistogramBounds DurationBounds = new(0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60);

    /// <summary>Longer than any request lasts.</summary>
    private static readonly TimeSpan Retirement = TimeSpan.FromMinutes(5);

    private static readonly StreamPipeReaderOptions BodyOptions = new(bufferSize: 64 << 10, minimumReadSize: 4 << 10);

    private readonly AccessFollower _access;
    private readonly ApiTimings _timings;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<(string Method, string Code), long> _requests = new();
    private readonly ConcurrentDictionary<string, DurationHistogram> _durations = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private readonly Queue<(HttpMessageInvoker Invoker, long Since)> _retired = []; // requests may be on their way through these
    private HttpMessageInvoker? _invoker;
    private ClusterAccess? _invokerAccess;
    private SslStreamCertificateContext? _certificate;

    public ApiClient(ClusterAccess access, TimeProvider time, ApiTimings? timings = null)
    {
        _access = new AccessFollower(access, time);
        _timings = timings ?? ApiTimings.Default;
        _time = time;
    }

    /// <summary>Another one when the kubeconfig comes to name another.</summary>
    public Uri Server => _access.Current.Server;

    /// <summary>Answers so far by method and status code, <c>&lt;error&gt;</c> for none, as client-go's rest_client_requests_total counts them.</summary>
    public IReadOnlyDictionary<(string Method, string Code), long> Requests => _requests;

    /// <summary>By method: how long answers took until their headers were there, as client-go's rest_client_request_duration_seconds.</summary>
    public IReadOnlyDictionary<string, DurationHistogram> Durations => _durations;

    internal ApiTimings Timings => _timings;

    public void Dispose()
    {
        foreach (var (invoker, _) in _retired) invoker.Dispose();
        _invoker?.Dispose();
    }

    /// <summary>One page of a list.</summary>
    /// <param name="resource">Of what.</param>
    /// <param name="query">Selectors, version and continue token, escaped.</param>
    /// <param name="onItem">Called for each item as it arrives.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="limit">Objects in the page; 0 for all there are.</param>
    internal async Task<ListMeta> ListAsync<T>(
        ApiResource<T> resource, string query, Action<DecodedItem<T>> onItem, CancellationToken cancellationToken, int limit = PageSize)
        where T : class
    {
        using var response = await SendAsync(HttpMethod.Get, $"{resource.Path}?limit={limit}{query}", null, compressed: true, cancellationToken).ConfigureAwait(false);
        using var quiet = new QuietTimer(_timings.Silence, _time, cancellationToken);
        try
        {
            using var stream = await BodyAsync(response, quiet.Token).ConfigureAwait(false);
            var body = PipeReader.Create(new TimedStream(stream, quiet), BodyOptions);
            var meta = await new ListDecoder<T>(resource, onItem).ReadAsync(body, quiet.Token).ConfigureAwait(false);
            await body.CompleteAsync().ConfigureAwait(false);
            return meta;
        }
        catch (Exception e) when (IsBroken(e, cancellationToken))
        {
            throw Broken(e, "the list");
        }
    }

    /// <summary>A watch that has been accepted; the caller disposes of it.</summary>
    internal async Task<WatchStream<T>> WatchAsync<T>(ApiResource<T> resource, string query, TimeSpan length, CancellationToken cancellationToken)
        where T : class
    {
        string path = string.Create(
            CultureInfo.InvariantCulture, $"{resource.Path}?watch=true&allowWatchBookmarks=true&timeoutSeconds={(long)Math.Ceiling(length.TotalSeconds)}{query}");
        var response = await SendAsync(HttpMethod.Get, path, null, compressed: false, cancellationToken).ConfigureAwait(false);
        try
        {
            var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            var quiet = new QuietTimer(_timings.Silence, _time, cancellationToken, length + _timings.WatchGrace);
            return new WatchStream<T>(response, PipeReader.Create(stream, BodyOptions), resource, quiet, cancellationToken);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    internal async Task PostAsync(string path, byte[] json, CancellationToken cancellationToken) =>
        (await SendAsync(HttpMethod.Post, path, json, compressed: false, cancellationToken).ConfigureAwait(false)).Dispose();

    /// <summary>Did the connection break, rather than the caller cancel?</summary>
    internal static bool IsBroken(Exception e, CancellationToken cancellationToken) =>
        e is HttpRequestException or IOException or InvalidDataException or ObjectDisposedException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    internal static ApiException Broken(Exception e, string what) => e is OperationCanceledException
        ? new ApiException(ApiFailure.Silent, $"{what} has gone silent", e)
        : new ApiException(ApiFailure.Unreachable, $"{what} was cut off: {PrintableText.Of(e.Message)}", e);

    private static async Task<Stream> BodyAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        return response.Content.Headers.ContentEncoding.Contains("gzip") ? new GZipStream(stream, CompressionMode.Decompress) : stream;
    }

    /// <summary>Gives a success, or throws.</summary>
    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, byte[]? json, bool compressed, CancellationToken cancellationToken)
    {
        for (bool renewed = false; ; renewed = true)
        {
            var access = _access.Fresh();
            try
            {
                var identity = await access.Credentials.GetAsync(cancellationToken).ConfigureAwait(false);
                using var patience = new QuietTimer(_timings.Answer, _time, cancellationToken);
                using var request = Request(access, method, path, json, compressed, identity);
                long start = _time.GetTimestamp();
                var response = await InvokerFor(access, identity.Certificate).SendAsync(request, patience.Token).ConfigureAwait(false);
                _durations.GetOrAdd(method.Method, static _ => new DurationHistogram(DurationBounds)).Add(_time.GetElapsedTime(start));
                Count(method, ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture));
                if (response.IsSuccessStatusCode) return response;
                using (response)
                {
                    if (response.StatusCode == HttpStatusCode.Unauthorized && !renewed && (_access.LookAgain(access) || access.Credentials.Refused(identity))) continue;
                    throw await FailureOfAsync(response, access.Credentials.Source, identity, patience.Token).ConfigureAwait(false);
                }
            }
            catch (ClusterAccessException e)
            {
                throw new ApiException(ApiFailure.Unauthorized, e.Message, e);
            }
            catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
            {
                Count(method, "<error>");
                throw new ApiException(ApiFailure.Silent, $"{access.Server} has not answered within {_timings.Answer.TotalSeconds} s", e);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or ObjectDisposedException)
            {
                Count(method, "<error>");
                // A server that wants a certificate while TLS is being agreed on ends the connection instead of answering 401.
                _access.LookAgain(access);
                throw new ApiException(ApiFailure.Unreachable, $"{access.Server} cannot be reached: {Reason(e, access)}", e);
            }
        }
    }

    private static HttpRequestMessage Request(ClusterAccess access, HttpMethod method, string path, byte[]? json, bool compressed, Credentials.Identity identity)
    {
        string root = access.Server.GetLeftPart(UriPartial.Path).TrimEnd('/');
        var request = new HttpRequestMessage(method, root + path) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionOrLower };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("userproxy", typeof(ApiClient).Assembly.GetName().Version?.ToString(3)));
        request.Headers.Authorization = identity.Authorization;
        if (compressed) request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("gzip"));
        // The HTTP client takes the name for TLS (SNI and the certificate's) from here; a Kubernetes API server does not look at it.
        if (access.TlsServerName is { } name) request.Headers.Host = name;
        if (json is not null) request.Content = new ByteArrayContent(json) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        return request;
    }

    private HttpMessageInvoker InvokerFor(ClusterAccess access, SslStreamCertificateContext? certificate)
    {
        lock (_lock)
        {
            if (_invoker is not null && ReferenceEquals(access, _invokerAccess) && ReferenceEquals(certificate, _certificate)) return _invoker;
            // Watches that run as who we were end by themselves within a minute, and start again as who we are.
            if (_invoker is not null) _retired.Enqueue((_invoker, _time.GetTimestamp()));
            while (_retired.TryPeek(out var oldest) && _time.GetElapsedTime(oldest.Since) >= Retirement) _retired.Dequeue().Invoker.Dispose();
            _invokerAccess = access;
            _certificate = certificate;
            return _invoker = new HttpMessageInvoker(new SocketsHttpHandler
            {
                ConnectTimeout = _timings.Connect,
                KeepAlivePingDelay = _timings.PingDelay,
                KeepAlivePingTimeout = _timings.PingTimeout,
                KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
                PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
                AllowAutoRedirect = false, // credentials go to the server that was configured and to no other
                UseCookies = false,
                UseProxy = access.Proxy is not null,
                Proxy = access.Proxy,
                MaxResponseHeadersLength = 64,
                SslOptions = new SslClientAuthenticationOptions
                {
                    RemoteCertificateValidationCallback = (_, shown, chain, errors) => access.Trust.Validate(shown, chain, errors),
                    ClientCertificateContext = certificate,
                },
            });
        }
    }

    private async Task<ApiException> FailureOfAsync(
        HttpResponseMessage response, string source, Credentials.Identity identity, CancellationToken cancellationToken)
    {
        int code = (int)response.StatusCode;
        var status = await StatusOfAsync(response, cancellationToken).ConfigureAwait(false);
        var failure = code switch
        {
            _ when status.IsAhead => ApiFailure.Ahead,
            _ when status.IsGone(code) => ApiFailure.Gone,
            // An API server answers with a Status. What has none came from a gateway on the way, which has nobody to ask.
            >= 500 when status.Code is null => ApiFailure.Unreachable,
            400 => ApiFailure.BadRequest,
            401 => ApiFailure.Unauthorized,
            403 => ApiFailure.Forbidden,
            404 => ApiFailure.NotFound,
            409 => ApiFailure.Exists,
            429 => ApiFailure.TooManyRequests,
            _ => ApiFailure.ServerError,
        };
        var after = response.Headers.RetryAfter?.Delta
            ?? (response.Headers.RetryAfter?.Date - _time.GetUtcNow())
            ?? (status.Details?.RetryAfterSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null);
        string shown = failure == ApiFailure.Unauthorized ? $"; the server was shown {source}{Expiry(identity)}" : "";
        return new ApiException(failure, $"{code}: {status}{shown}") { RetryAfter = after > MaxRetryAfter ? MaxRetryAfter : after };
    }

    private static async Task<ApiStatus> StatusOfAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            using var stream = await BodyAsync(response, cancellationToken).ConfigureAwait(false);
            var body = PipeReader.Create(stream, BodyOptions);
            var read = await body.ReadAtLeastAsync(MaxErrorBytes, cancellationToken).ConfigureAwait(false);
            var reader = new Utf8JsonReader(read.Buffer);
            return JsonSerializer.Deserialize(ref reader, ApiJson.Default.ApiStatus) ?? new ApiStatus();
        }
        catch (Exception e) when (ApiJson.IsMalformed(e) || e is IOException or InvalidDataException)
        {
            return new ApiStatus { Message = response.ReasonPhrase };
        }
    }

    private string Expiry(Credentials.Identity identity) =>
        identity.Certificate?.TargetCertificate.NotAfter.ToUniversalTime() is { } end && end < _time.GetUtcNow().UtcDateTime
            ? string.Create(CultureInfo.InvariantCulture, $", which has expired ({end:yyyy-MM-dd HH:mm} UTC)")
            : "";

    private static string Reason(Exception e, ClusterAccess access)
    {
        for (Exception? inner = e; inner is not null; inner = inner.InnerException)
        {
            if (inner is AuthenticationException && access.Trust.LastProblem is { } problem) return problem;
        }

        return PrintableText.Of((e.InnerException ?? e).Message);
    }

    private void Count(HttpMethod method, string code) => _requests.AddOrUpdate((method.Method, code), 1, static (_, count) => count + 1);
}
