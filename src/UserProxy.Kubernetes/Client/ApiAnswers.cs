using System.Globalization;
using System.IO.Compression;
using System.Text;
using k8s.Models;
using UserProxy.Kubernetes.Client.Access;

namespace UserProxy.Kubernetes.Client;

/// <summary>
/// Looks at each answer before the package does: counts it, unpacks it, and makes an <see cref="ApiException"/> of one that is no success. The package would
/// read the body of such an answer without a limit or an end. One for each <see cref="ApiConnection"/>.
/// </summary>
internal sealed class ApiAnswers(ApiCounters counters, Identity identity, TimeProvider time) : DelegatingHandler
{
    private const int MaxErrorBytes = 64 << 10;
    private static readonly TimeSpan MaxRetryAfter = TimeSpan.FromMinutes(2);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        counters.CountAnswer(request.Method, response.StatusCode, time.GetElapsedTime(start));
        if (response.Content.Headers.ContentEncoding.Contains("gzip", StringComparer.OrdinalIgnoreCase))
            response.Content = await UnpackAsync(response.Content, cancellationToken).ConfigureAwait(false);
        if (response.IsSuccessStatusCode) return response;
        using (response) throw await FailureOfAsync(response, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The runtime would do it, and offer gzip with every request then; a watch must not.</summary>
    private static async Task<HttpContent> UnpackAsync(HttpContent content, CancellationToken cancellationToken) =>
        new StreamContent(new GZipStream(await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), CompressionMode.Decompress));

    private async Task<ApiException> FailureOfAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        int code = (int)response.StatusCode;
        var status = await StatusOfAsync(response, cancellationToken).ConfigureAwait(false);
        var failure = code switch
        {
            _ when status.IsAhead => ApiFailure.Ahead,
            410 => ApiFailure.Gone,
            _ when status.IsGone => ApiFailure.Gone,
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
        var after = response.Headers.RetryAfter?.Delta ?? (response.Headers.RetryAfter?.Date - time.GetUtcNow()) ?? status.RetryAfter;
        string shown = failure == ApiFailure.Unauthorized ? $"; the server was shown {identity.Source}{Expiry()}" : "";
        return new ApiException(failure, $"{code}: {status}{shown}") { RetryAfter = after > MaxRetryAfter ? MaxRetryAfter : after };
    }

    private static async Task<ApiStatus> StatusOfAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            using var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            byte[] body = new byte[MaxErrorBytes];
            int length = await stream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            if (ApiStatus.TryRead(Encoding.UTF8.GetString(body, 0, length)) is { } status) return status;
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            // What it said is lost, not that it failed.
        }

        return new ApiStatus(new V1Status { Message = response.ReasonPhrase });
    }

    private string Expiry() =>
        identity.Certificate?.TargetCertificate.NotAfter.ToUniversalTime() is { } end && end < time.GetUtcNow().UtcDateTime
            ? string.Create(CultureInfo.InvariantCulture, $", which has expired ({end:yyyy-MM-dd HH:mm} UTC)")
            : "";
}
