using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using k8s.Models;
using Microsoft.Extensions.Logging;
using UserProxy.Kubernetes.Objects;

namespace UserProxy.Kubernetes.Client.Events;

/// <summary>
/// Writes Events about Services and this node to the API, sparingly: one of a kind in ten minutes, a few at once for one Service, one for all nodes of what
/// they all find. Nobody ever waits for one. The executable runs one beside <see cref="KubernetesSource"/>; with manifests there is none.
/// </summary>
public sealed class EventReporter
{
    private const string Controller = "userproxy";
    private const int Burst = 25;
    private const int MaxMessage = 1024;
    private const int MaxRemembered = 4096;
    private static readonly TimeSpan SameAgainAfter = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan OneMoreEvery = TimeSpan.FromSeconds(5);

    private readonly ApiClient _client;
    private readonly string _nodeName;
    private readonly TimeProvider _time;
    private readonly ILogger<EventReporter> _logger;
    private readonly Channel<ClusterEvent> _queue = Channel.CreateBounded<ClusterEvent>(256);
    private readonly Dictionary<(ObjectId Subject, string Reason, string Message), long> _said = [];
    private readonly Dictionary<ObjectId, (double Tokens, long At)> _buckets = [];
    private bool _useCore;
    private bool _failing;
    private long _reported;
    private long _dropped;
    private long _suppressed;

    /// <param name="client">Shared with the source.</param>
    /// <param name="nodeName">Stands in the Event as the instance that reports.</param>
    /// <param name="time">Drives the limits and stamps the Events.</param>
    /// <param name="logger">Told once when Events cannot be written.</param>
    public EventReporter(ApiClient client, string nodeName, TimeProvider time, ILogger<EventReporter> logger)
    {
        _client = client;
        _nodeName = nodeName;
        _time = time;
        _logger = logger;
    }

    internal TimeSpan PauseAfterFailure { get; init; } = TimeSpan.FromSeconds(5);

    public long Reported => Interlocked.Read(ref _reported);

    /// <summary>Lost because the queue was full or the server refused them.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Not written because they had been said, here or by another node, or too much was said about their object.</summary>
    public long Suppressed => Interlocked.Read(ref _suppressed);

    /// <summary>From any thread; never waits and never fails.</summary>
    public void Report(ClusterEvent happened)
    {
        if (!_queue.Writer.TryWrite(happened)) Interlocked.Increment(ref _dropped);
    }

    /// <summary>Nothing more is reported; <see cref="RunAsync"/> ends when all that was is written.</summary>
    public void Complete() => _queue.Writer.TryComplete();

    /// <summary>Writes what is reported, until it is cancelled or completed.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await foreach (var happened in _queue.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            TimeSpan? pause = null;
            try
            {
                if (!IsDue(happened))
                {
                    Interlocked.Increment(ref _suppressed);
                    continue;
                }

                await WriteAsync(happened, cancellationToken).ConfigureAwait(false);
                Interlocked.Increment(ref _reported);
                _failing = false;
            }
            catch (ApiException e) when (e.Failure == ApiFailure.Exists)
            {
                Interlocked.Increment(ref _suppressed); // another node has said it, or we before we were started again
                _failing = false;
            }
            catch (ApiException e)
            {
                if (!_failing) KubernetesLog.EventsFailed(_logger, e.Message);
                _failing = true;
                pause = e.RetryAfter > PauseAfterFailure ? e.RetryAfter : PauseAfterFailure;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                KubernetesLog.EventDefect(_logger, e, PrintableText.Of($"{happened.Namespace}/{happened.Name}"));
                pause = PauseAfterFailure;
            }

            if (pause is null) continue;
            Interlocked.Increment(ref _dropped);
            _said.Remove(KeyOf(happened)); // it has not been said
            await Task.Delay(pause.Value, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static (ObjectId Subject, string Reason, string Message) KeyOf(ClusterEvent happened) =>
        (new ObjectId(happened.Namespace, happened.Name), happened.Reason, happened.Message);

    private bool IsDue(ClusterEvent happened)
    {
        var key = KeyOf(happened);
        var subject = key.Subject;
        long now = _time.GetTimestamp();
        if (_said.TryGetValue(key, out long at) && _time.GetElapsedTime(at, now) < SameAgainAfter) return false;

        var (tokens, since) = _buckets.TryGetValue(subject, out var bucket) ? bucket : (Burst, now);
        tokens = Math.Min(Burst, tokens + (_time.GetElapsedTime(since, now) / OneMoreEvery));
        if (tokens < 1) return false;

        RemoveOld(now);
        if (_said.Count >= MaxRemembered || _buckets.Count >= MaxRemembered) return false;
        _buckets[subject] = (tokens - 1, now);
        _said[key] = now;
        return true;
    }

    private void RemoveOld(long now)
    {
        if (_said.Count < MaxRemembered && _buckets.Count < MaxRemembered) return;
        foreach (var (key, at) in _said)
        {
            if (_time.GetElapsedTime(at, now) >= SameAgainAfter) _said.Remove(key);
        }

        foreach (var (subject, bucket) in _buckets)
        {
            if (bucket.Tokens + (_time.GetElapsedTime(bucket.At, now) / OneMoreEvery) >= Burst) _buckets.Remove(subject);
        }
    }

    private async Task WriteAsync(ClusterEvent happened, CancellationToken cancellationToken)
    {
        string space = SpaceOf(happened);
        if (!_useCore)
        {
            try
            {
                await _client.CreateAsync(
                    async (connection, token) =>
                        (await connection.EventsV1.CreateNamespacedEventWithHttpMessagesAsync(
                            ToEvent(happened), space, cancellationToken: token).ConfigureAwait(false)).Response,
                    cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (ApiException e) when (e.Failure is ApiFailure.NotFound or ApiFailure.Forbidden)
            {
                // The server or our role knows the old kind only; or the namespace has just gone, which the second try will tell.
            }
        }

        await _client.CreateAsync(
            async (connection, token) =>
                (await connection.CoreV1.CreateNamespacedEventWithHttpMessagesAsync(
                    ToCoreEvent(happened), space, cancellationToken: token).ConfigureAwait(false)).Response,
            cancellationToken).ConfigureAwait(false);
        _useCore = true;
    }

    private Eventsv1Event ToEvent(ClusterEvent happened) => new()
    {
        ApiVersion = "events.k8s.io/v1",
        Kind = "Event",
        Metadata = Meta(happened),
        EventTime = InMicroseconds(_time.GetUtcNow()),
        ReportingController = Controller,
        ReportingInstance = _nodeName,
        Action = happened.Action,
        Reason = happened.Reason,
        Regarding = Subject(happened),
        Note = Message(happened),
        Type = Type(happened),
    };

    /// <summary>A core v1 Event, for servers and roles that know no other.</summary>
    private Corev1Event ToCoreEvent(ClusterEvent happened)
    {
        var now = InSeconds(_time.GetUtcNow());
        return new Corev1Event
        {
            ApiVersion = "v1",
            Kind = "Event",
            Metadata = Meta(happened),
            InvolvedObject = Subject(happened),
            Reason = happened.Reason,
            Message = Message(happened),
            Type = Type(happened),
            Action = happened.Action,
            ReportingComponent = Controller,
            ReportingInstance = _nodeName,
            Source = new V1EventSource { Component = Controller, Host = _nodeName },
            FirstTimestamp = now,
            LastTimestamp = now,
            Count = 1,
        };
    }

    /// <summary>The server takes a MicroTime only with its fraction, which the package leaves out when it is zero.</summary>
    private static DateTime InMicroseconds(DateTimeOffset time) =>
        time.Ticks % TimeSpan.TicksPerSecond < TimeSpan.TicksPerMicrosecond ? InSeconds(time).AddMicroseconds(1) : time.UtcDateTime;

    private static DateTime InSeconds(DateTimeOffset time) => time.UtcDateTime.AddTicks(-(time.Ticks % TimeSpan.TicksPerSecond));

    /// <summary>
    /// The name is the object's with a stamp, as other components name theirs; a long one is cut where the API would refuse it. The stamp
    /// is what is said, so that of a thousand nodes that say the same one writes it and the others are told that it is there.
    /// </summary>
    private V1ObjectMeta Meta(ClusterEvent happened)
    {
        string said = $"{happened.Namespace}\n{happened.Name}\n{happened.Uid}\n{happened.Reason}\n{Text(happened)}";
        string stamp = "." + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(said)).AsSpan(0, 8));
        string name = happened.Name.Length + stamp.Length > 253 ? happened.Name[..(253 - stamp.Length)].TrimEnd('.', '-') : happened.Name;
        return new V1ObjectMeta { Name = name + stamp, NamespaceProperty = SpaceOf(happened) };
    }

    /// <summary>The API keeps Events about what has no namespace in this one.</summary>
    private static string SpaceOf(ClusterEvent happened) => happened.Namespace.Length == 0 ? "default" : happened.Namespace;

    /// <summary>Without the uid <c>kubectl describe</c> does not find the Event.</summary>
    private static V1ObjectReference Subject(ClusterEvent happened) => new()
    {
        ApiVersion = "v1",
        Kind = happened.Kind,
        NamespaceProperty = happened.Namespace.Length == 0 ? null : happened.Namespace,
        Name = happened.Name,
        Uid = happened.Uid,
    };

    private string Text(ClusterEvent happened) => happened.IsOfNode ? $"node {_nodeName}: {happened.Message}" : happened.Message;

    private string Message(ClusterEvent happened) => PrintableText.Of(Text(happened), MaxMessage - 20);

    private static string Type(ClusterEvent happened) => happened.IsWarning ? "Warning" : "Normal";
}
