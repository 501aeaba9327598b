using System.IO.Pipelines;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using UserProxy.Counting;
using UserProxy.Kubernetes.Client.Access;
using UserProxy.Kubernetes.Objects;

namespace UserProxy.Kubernetes.Client;

/// <summary>
/// The requests that the proxy makes of an API server: list a page, watch, create an Event. One for the process, shared by its reflectors; a new
/// <see cref="ApiConnection"/> carries them when the access or the identity is another. Everything that goes wrong is an <see cref="ApiException"/>, bar
/// cancellation.
/// </summary>
public sealed class ApiClient : IDisposable
{
    public const int PageSize = 500;

    /// <summary>Kubernetes promises to bear 150,000 Pods and 10,000 Services: a list that goes on after this many objects is none.</summary>
    private const int MaxObjects = 1_000_000;

    /// <summary>etcd takes no object over 1.5 MiB; what is longer than this is none.</summary>
    internal const int MaxItemBytes = 16 << 20;

    /// <summary>Longer than a watch lasts. A list has no deadline: one that takes longer than this may be cut off, and is made again.</summary>
    private static readonly TimeSpan Retirement = TimeSpan.FromMinutes(5);

    private static readonly StreamPipeReaderOptions BodyOptions = new(bufferSize: 64 << 10, minimumReadSize: 4 << 10);

    private readonly AccessFollower _access;
    private readonly ApiTimings _timings;
    private readonly TimeProvider _time;
    private readonly ApiCounters _counters = new();
    private readonly Lock _lock = new();
    private readonly Queue<(ApiConnection Connection, long Since)> _retired = []; // requests may be on their way through these
    private (ApiConnection Connection, ClusterAccess Access, Identity Identity)? _current;

    public ApiClient(ClusterAccess access, TimeProvider time, ApiTimings? timings = null)
    {
        _access = new AccessFollower(access, time);
        _timings = timings ?? ApiTimings.Default;
        _time = time;
    }

    /// <summary>Another one when the kubeconfig comes to name another.</summary>
    public Uri Server => _access.Current.Server;

    /// <summary>Answers so far by method and status code, <c>&lt;error&gt;</c> for none, as client-go's rest_client_requests_total counts them.</summary>
    public IReadOnlyDictionary<(string Method, string Code), long> Requests => _counters.Requests;

    /// <summary>By method: how long answers took until their headers were there, as client-go's rest_client_request_duration_seconds.</summary>
    public IReadOnlyDictionary<string, DurationHistogram> Durations => _counters.Durations;

    internal ApiTimings Timings => _timings;

    public void Dispose()
    {
        foreach (var (connection, _) in _retired) connection.Dispose();
        _current?.Connection.Dispose();
    }

    /// <summary>A whole list, page by page. Returns the metadata of its last page.</summary>
    /// <param name="resource">Of what.</param>
    /// <param name="query">Which of it, and how many at a time.</param>
    /// <param name="take">Takes each item as it comes, also one that cannot be read.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task<ListMeta?> ListAllAsync<T>(
        ApiResource<T> resource, ListQuery query, Action<DecodedItem<T>> take, CancellationToken cancellationToken)
        where T : class
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        int objects = 0;
        Task<HttpResponseMessage>? next = AskForListAsync(resource, query, stop.Token);
        try
        {
            while (true)
            {
                var page = next;
                next = null;
                // The server makes the next page while this one is read.
                var meta = await ReadListAsync(resource, await page.ConfigureAwait(false), TakeOne, AskForNext, cancellationToken).ConfigureAwait(false);
                if (next is null) return meta;
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            if (next is not null) _ = DisposeUnreadAsync(next);
        }

        void AskForNext(ListMeta meta)
        {
            if (next is null && query.Next(meta) is { } following) next = AskForListAsync(resource, query = following, stop.Token);
        }

        void TakeOne(DecodedItem<T> item)
        {
            if (++objects > MaxObjects) throw new ApiException(ApiFailure.Malformed, $"the list holds more than {MaxObjects} objects");
            take(item);
        }
    }

    private Task<HttpResponseMessage> AskForListAsync<T>(ApiResource<T> resource, ListQuery query, CancellationToken cancellationToken)
        where T : class =>
        AskAsync(HttpMethod.Get, (connection, token) => connection.ListAsync(resource, query, null, token), cancellationToken);

    private static async Task DisposeUnreadAsync(Task<HttpResponseMessage> answer)
    {
        await ((Task)answer).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (answer.IsCompletedSuccessfully) (await answer.ConfigureAwait(false)).Dispose();
    }

    private async Task<ListMeta?> ReadListAsync<T>(
        ApiResource<T> resource, HttpResponseMessage response, Action<DecodedItem<T>> take, Action<ListMeta> metadataIsRead,
        CancellationToken cancellationToken)
        where T : class
    {
        using var answer = response;
        using var quiet = new QuietTimer(_timings.Silence, _time, cancellationToken);
        try
        {
            using var stream = await response.Content.ReadAsStreamAsync(quiet.Token).ConfigureAwait(false);
            var decoder = new ListDecoder<T>(new TimedStream(stream, quiet), resource, MaxItemBytes);
            await decoder.ReadAsync(take, metadataIsRead, quiet.Token).ConfigureAwait(false);
            return decoder.Metadata;
        }
        catch (JsonException e)
        {
            throw new ApiException(ApiFailure.Malformed, $"the list is no list: {PrintableText.Of(e.Message)}", e);
        }
        catch (Exception e) when (IsBroken(e, cancellationToken))
        {
            throw Broken(e, "the list");
        }
    }

    /// <summary>A watch that has been accepted; the caller disposes of it.</summary>
    internal async Task<WatchStream<T>> WatchAsync<T>(ApiResource<T> resource, ListQuery query, TimeSpan length, CancellationToken cancellationToken)
        where T : class
    {
        var response = await AskAsync(
            HttpMethod.Get, (connection, token) => connection.ListAsync(resource, query, length, token), cancellationToken).ConfigureAwait(false);
        try
        {
            var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            var quiet = new QuietTimer(_timings.Silence, _time, cancellationToken, length + _timings.WatchGrace);
            return new WatchStream<T>(response, PipeReader.Create(new TimedStream(stream, quiet), BodyOptions), resource, quiet, cancellationToken);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    /// <summary>Creates something, and leaves what the server answers unread.</summary>
    internal async Task CreateAsync(Func<ApiConnection, CancellationToken, Task<HttpResponseMessage>> create, CancellationToken cancellationToken) =>
        (await AskAsync(HttpMethod.Post, create, cancellationToken).ConfigureAwait(false)).Dispose();

    /// <summary>Did the connection break, rather than the caller cancel?</summary>
    internal static bool IsBroken(Exception e, CancellationToken cancellationToken) =>
        e is HttpRequestException or IOException or InvalidDataException or ObjectDisposedException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    internal static ApiException Broken(Exception e, string what) => e is OperationCanceledException
        ? new ApiException(ApiFailure.Silent, $"{what} has gone silent", e)
        : new ApiException(ApiFailure.Unreachable, $"{what} was cut off: {PrintableText.Of(e.Message)}", e);

    /// <summary>Gives a success whose body is still to be read, or throws.</summary>
    private async Task<HttpResponseMessage> AskAsync(
        HttpMethod method, Func<ApiConnection, CancellationToken, Task<HttpResponseMessage>> ask, CancellationToken cancellationToken)
    {
        for (bool renewed = false; ; renewed = true)
        {
            var access = _access.Fresh();
            Identity? identity = null;
            try
            {
                identity = await access.Identify(cancellationToken).ConfigureAwait(false);
                using var patience = new QuietTimer(_timings.Answer, _time, cancellationToken);
                return await ask(ConnectionFor(access, identity), patience.Token).ConfigureAwait(false);
            }
            catch (ApiException e) when (e.Failure == ApiFailure.Unauthorized && !renewed && (_access.LookAgain(access) || access.Refused(identity!)))
            {
                // Once more, as who we are now.
            }
            catch (ClusterAccessException e)
            {
                throw new ApiException(ApiFailure.Unauthorized, e.Message, e);
            }
            catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
            {
                _counters.CountError(method);
                throw new ApiException(ApiFailure.Silent, $"{access.Server} has not answered within {_timings.Answer.TotalSeconds} s", e);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or ObjectDisposedException)
            {
                _counters.CountError(method);
                // A server that wants a certificate while TLS is being agreed on ends the connection instead of answering 401.
                _access.LookAgain(access);
                throw new ApiException(ApiFailure.Unreachable, $"{access.Server} cannot be reached: {Reason(e, access)}", e);
            }
        }
    }

    private ApiConnection ConnectionFor(ClusterAccess access, Identity identity)
    {
        lock (_lock)
        {
            if (_current is { } current)
            {
                if (ReferenceEquals(current.Access, access) && ReferenceEquals(current.Identity, identity)) return current.Connection;
                // A request that found out who we are before that changed, and comes here after another one that has connected since.
                bool isLate = ReferenceEquals(current.Access, access) ? identity.Turn < current.Identity.Turn : !ReferenceEquals(_access.Current, access);
                if (isLate) return current.Connection;
                // Watches that run as who we were end by themselves within a minute, and start again as who we are.
                _retired.Enqueue((current.Connection, _time.GetTimestamp()));
            }

            while (_retired.TryPeek(out var oldest) && _time.GetElapsedTime(oldest.Since) >= Retirement) _retired.Dequeue().Connection.Dispose();
            var next = new ApiConnection(access, identity, _timings, new ApiAnswers(_counters, identity, _time));
            _current = (next, access, identity);
            return next;
        }
    }

    private static string Reason(Exception e, ClusterAccess access)
    {
        for (Exception? inner = e; inner is not null; inner = inner.InnerException)
        {
            if (inner is AuthenticationException && access.Trust.LastProblem is { } problem) return problem;
            if (inner is SocketException socket && UnresolvedName.Words(socket.SocketErrorCode, UnresolvedName.NameFor(access)) is { } words) return words;
        }

        return PrintableText.Of((e.InnerException ?? e).Message);
    }
}
