using System.Globalization;
using Microsoft.Extensions.Logging;
using UserProxy.Kubernetes.Client.Access;
using UserProxy.Kubernetes.Objects;

namespace UserProxy.Kubernetes.Client;

/// <summary>
/// Follows one resource for ever: lists it, watches from there, and starts over where it must. Tells one consumer, whose slowness slows
/// the watch down. Never ends but by cancellation or by what no retry can mend: a right that is missing at the start.
/// </summary>
internal sealed class Reflector<T, TKept>
    where T : class
{
    private const int MaxLoggedInvalid = 100;

    /// <summary>How a watch ends in good order.</summary>
    private const string Closed = "closed";

    private readonly ApiClient _client;
    private readonly ApiResource<T> _resource;
    private readonly Func<T, TKept> _keep;
    private readonly Func<StoreChange, CancellationToken, ValueTask> _publish;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ILogger _logger;
    private readonly ReflectorHealth _health;
    private readonly WatchCursor _cursor = new();
    private readonly HashSet<ObjectId> _invalid = []; // said already
    private Selectors<T> _selectors;
    private bool _watched;
    private long? _forbiddenSince;

    /// <param name="client">Shared with the other reflectors.</param>
    /// <param name="resource">What to follow.</param>
    /// <param name="selectors">Which of it.</param>
    /// <param name="keep">Gives what is told of an object; called as each comes, so that no more of a long list is in memory.</param>
    /// <param name="publish">Takes each change in order; the next one waits for it.</param>
    /// <param name="time">Drives pauses and deadlines.</param>
    /// <param name="random">For jitter; not shared with other threads.</param>
    /// <param name="logger">Told of each change of state once.</param>
    public Reflector(
        ApiClient client,
        ApiResource<T> resource,
        Selectors<T> selectors,
        Func<T, TKept> keep,
        Func<StoreChange, CancellationToken, ValueTask> publish,
        TimeProvider time,
        Random random,
        ILogger logger)
    {
        _client = client;
        _resource = resource;
        _selectors = selectors;
        _keep = keep;
        _publish = publish;
        _time = time;
        _random = random;
        _logger = logger;
        Facts = new ReflectorFacts(resource.Name, time);
        _health = new ReflectorHealth(Facts, client.Timings, time, random, logger);
    }

    public ReflectorFacts Facts { get; }

    private ApiTimings Timings => _client.Timings;

    /// <exception cref="ClusterAccessException">A right is missing, and nothing has ever been watched.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            TimeSpan pause;
            try
            {
                _cursor.ResetIfOtherServer(_client.Server);
                if (_cursor.Version is null) await ListAsync(cancellationToken).ConfigureAwait(false);
                pause = await WatchAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (ApiException e)
            {
                pause = AfterFailure(e);
            }
            catch (Exception e) when (e is not ClusterAccessException && !cancellationToken.IsCancellationRequested)
            {
                // A defect of ours. What was served stays served; what the store holds may be wrong, so it is made anew.
                KubernetesLog.WatchDefect(_logger, e, _resource.Name);
                Facts.CountRestart("defect");
                _cursor.RequireList();
                pause = _health.PauseAfterDefect();
            }

            await Task.Delay(pause, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task ListAsync(CancellationToken cancellationToken)
    {
        var items = new Dictionary<ObjectId, TKept>();
        var unreadable = new HashSet<ObjectId>();
        var server = _client.Server;
        var meta = await _client.ListAllAsync(_resource, _selectors.Of(_cursor.List), Take, cancellationToken).ConfigureAwait(false);
        if (string.IsNullOrEmpty(meta?.ResourceVersion)) throw new ApiException(ApiFailure.Malformed, "the list has no resourceVersion");
        await _publish(new Replaced<TKept>(items, unreadable), cancellationToken).ConfigureAwait(false);
        _cursor.Listed(meta.ResourceVersion, server);
        _forbiddenSince = null;
        _invalid.IntersectWith(unreadable);
        Facts.CountList();
        KubernetesLog.Listed(_logger, _resource.Name, items.Count, server.Authority);
        _health.ReportSuccess();

        void Take(DecodedItem<T> decoded)
        {
            if (decoded.Flaw is not null)
            {
                if (decoded.Id is { } id) unreadable.Add(id);
                CountInvalid(decoded.Id, "list", decoded.Flaw);
            }
            else if (_selectors.Accepts(decoded.Item!))
            {
                items[decoded.Id!.Value] = _keep(decoded.Item!);
            }
        }
    }

    /// <summary>One watch to its end.</summary>
    /// <returns>How long to wait for the next one.</returns>
    private async Task<TimeSpan> WatchAsync(CancellationToken cancellationToken)
    {
        long start = _time.GetTimestamp();
        long before = Facts.Events;
        var length = Timings.WatchLength * (0.8 + (0.2 * _random.NextDouble()));
        var query = _selectors.Of(new ListQuery { Version = _cursor.Version });
        using var watch = await _client.WatchAsync(_resource, query, length, cancellationToken).ConfigureAwait(false);
        _watched = true;
        _health.ReportAnswer();
        Facts.MarkHeard();
        string reason;
        try
        {
            reason = await FollowAsync(watch, cancellationToken).ConfigureAwait(false);
            Facts.MarkHeard();
        }
        catch (ApiException e) when (e.Failure is ApiFailure.Unreachable or ApiFailure.Silent)
        {
            reason = e.Failure == ApiFailure.Silent ? "silent" : "cut";
            KubernetesLog.WatchEnded(_logger, _resource.Name, e.Message);
        }
        finally
        {
            if (HasFollowed()) _cursor.Followed();
        }

        if (!HasFollowed())
        {
            // In good order and yet at once: it may be the version that the server cannot go on from.
            if (reason == Closed) _cursor.RequireList();
            else _health.ReportCut();
            Facts.CountRestart(ReflectorHealth.ReasonOf(ApiFailure.ServerError));
            return _health.PauseAfter(new ApiException(ApiFailure.ServerError, $"watches end at once ({reason})"));
        }

        Facts.CountRestart(reason);
        if (reason != "silent") _health.ReportSuccess();
        if (reason != Closed) _health.ReportOutage();

        // Nothing was lost, so nothing is waited for; but many clients are cut at once when a server goes.
        var lived = _time.GetElapsedTime(start);
        if (reason == Closed && lived >= length)
        {
            _health.ResetPauses();
            return TimeSpan.Zero;
        }

        var jitter = Timings.WatchInterval * (0.2 * _random.NextDouble());
        return jitter + (lived < Timings.WatchInterval ? Timings.WatchInterval - lived : TimeSpan.Zero);

        bool HasFollowed() => _time.GetElapsedTime(start) >= Timings.WatchInterval || Facts.Events != before;
    }

    private async Task<string> FollowAsync(WatchStream<T> watch, CancellationToken cancellationToken)
    {
        var next = watch.NextAsync().AsTask();
        if (!_health.IsGood)
        {
            // A watch that stands for a moment is as good as an event: the server follows us again, it just has nothing to tell.
            await Task.WhenAny(next, Task.Delay(Timings.WatchInterval, _time, cancellationToken)).ConfigureAwait(false);
            if (!next.IsCompleted && !cancellationToken.IsCancellationRequested) _health.ReportSuccess();
        }

        while (await next.ConfigureAwait(false) is { } change)
        {
            await ApplyAsync(change, cancellationToken).ConfigureAwait(false);
            next = watch.NextAsync().AsTask();
        }

        return Closed;
    }

    private async ValueTask ApplyAsync(WatchEvent<T> change, CancellationToken cancellationToken)
    {
        switch (change.Kind)
        {
            case WatchEventKind.Error:
                throw ApiStatus.TryRead(change.Status ?? "") is { } status
                    ? FailureOf(status)
                    : new ApiException(ApiFailure.WatchError, "an ERROR whose Status cannot be read");
            case WatchEventKind.Invalid:
                CountInvalid(change.Id, "watch", change.Flaw ?? "");
                break;
            case WatchEventKind.Upsert when _selectors.Accepts(change.Item!):
                _invalid.Remove(change.Id!.Value);
                await _publish(new Upserted<TKept>(change.Id.Value, _keep(change.Item!)), cancellationToken).ConfigureAwait(false);
                break;
            case WatchEventKind.Upsert or WatchEventKind.Delete:
                _invalid.Remove(change.Id!.Value);
                await _publish(new Deleted<TKept>(change.Id.Value), cancellationToken).ConfigureAwait(false);
                break;
            default:
                break; // a bookmark
        }

        // After the change has been taken: should publishing fail, it is not skipped.
        if (change.ResourceVersion is not null) _cursor.Moved(change.ResourceVersion);
        Facts.CountEvent();
        _health.ReportSuccess();
    }

    /// <summary>As in client-go's reflector: but for 429, whatever the ERROR says, the watch is not resumed.</summary>
    private static ApiException FailureOf(ApiStatus status)
    {
        var failure = status switch
        {
            { IsAhead: true } => ApiFailure.Ahead,
            { IsGone: true } => ApiFailure.Gone,
            { Code: 429 } => ApiFailure.TooManyRequests,
            _ => ApiFailure.WatchError,
        };
        return new ApiException(failure, string.Create(CultureInfo.InvariantCulture, $"{status.Code}: {status}"))
        {
            RetryAfter = status.RetryAfter is { TotalSeconds: < 120 } after ? after : null,
        };
    }

    private TimeSpan AfterFailure(ApiException e)
    {
        Facts.CountRestart(ReflectorHealth.ReasonOf(e.Failure));
        if (e.Failure is ApiFailure.Unreachable or ApiFailure.Silent) _forbiddenSince = null;
        switch (e.Failure)
        {
            // 410, a version that the server has not reached, or an ERROR: there is nothing to watch from, so it is listed again.
            case ApiFailure.Gone or ApiFailure.Ahead or ApiFailure.WatchError:
                KubernetesLog.Relisting(_logger, _resource.Name, e.Message);
                if (e.Failure == ApiFailure.Ahead) _cursor.Clear();
                else _cursor.RequireList();
                return _health.PauseBeforeList();
            case ApiFailure.BadRequest when _selectors is { FieldIsOptional: true, Field: not null }:
                KubernetesLog.SelectorDropped(_logger, _resource.Name, _selectors.Field);
                _selectors = _selectors with { Field = null };
                return TimeSpan.Zero;
            case ApiFailure.Forbidden when !_watched:
                return _health.PauseAfter(NotAllowed(e), isNotBelieved: true);
            case ApiFailure.ServerError or ApiFailure.NotFound or ApiFailure.BadRequest when _cursor.Version is not null:
                // As client-go does: a watch that is refused for a reason of its own may be refused for ever, and a list may not.
                _cursor.RequireList();
                break;
            default:
                break;
        }

        return _health.PauseAfter(e);
    }

    /// <summary>What is served needs this right. A server that is being started refuses everything for some seconds, so it must refuse for longer.</summary>
    /// <exception cref="ClusterAccessException">It has.</exception>
    private ApiException NotAllowed(ApiException e)
    {
        string role = "Needed is a ClusterRole, bound to whom the message names, with the rule "
            + $"apiGroups: [\"{_resource.Group}\"], resources: [{_resource.Name}], verbs: [list, watch]";
        _forbiddenSince ??= _time.GetTimestamp();
        if (_time.GetElapsedTime(_forbiddenSince.Value) >= Timings.WarmUp)
            throw new ClusterAccessException($"{_client.Server} does not allow this: {e.Message}. {role}");
        return new ApiException(
            ApiFailure.Forbidden,
            $"{e.Message}. A server that was started just now refuses until it has read its roles: this is waited out for {Timings.WarmUp.TotalSeconds} s. "
                + $"{role}",
            e);
    }

    private void CountInvalid(ObjectId? id, string where, string flaw)
    {
        Facts.CountInvalid(where);
        // Once for an object until it can be read again, and not for all of a cluster whose objects we do not understand.
        if (_invalid.Count < MaxLoggedInvalid && _invalid.Add(id ?? default))
            KubernetesLog.InvalidObject(_logger, _resource.Name, id?.Printable ?? "without a name", flaw);
    }
}
