using System.IO.Pipelines;
using UserProxy.Kubernetes.Objects;

namespace UserProxy.Kubernetes.Client;

/// <summary>
/// A watch that the server has accepted: its events until it ends, with the silence that is put up with. Used by <see cref="Reflector{T,TKept}"/>.
/// </summary>
internal sealed class WatchStream<T>(
    HttpResponseMessage response, PipeReader body, ApiResource<T> resource, QuietTimer timer, CancellationToken cancellationToken) : IDisposable
    where T : class
{
    private readonly WatchDecoder<T> _decoder = new(body, resource);

    /// <summary>Null when the server has ended the watch in good order.</summary>
    /// <exception cref="ApiException">The connection broke, or was silent for too long.</exception>
    public async ValueTask<WatchEvent<T>?> NextAsync()
    {
        try
        {
            timer.Restart();
            return await _decoder.ReadAsync(timer.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (ApiClient.IsBroken(e, cancellationToken))
        {
            throw ApiClient.Broken(e, "the watch");
        }
        finally
        {
            timer.Pause();
        }
    }

    /// <summary>Ends the request: HTTP/2 resets its stream, HTTP/1.1 closes the connection, so that the next watch gets a fresh one.</summary>
    public void Dispose()
    {
        body.CancelPendingRead();
        response.Dispose();
        timer.Dispose();
    }
}
