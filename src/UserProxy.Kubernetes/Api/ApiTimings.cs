namespace UserProxy.Kubernetes.Api;

/// <summary>How long the API server is waited for, and how often it is asked. Tests shorten them; docs/decisions/0012 has the reasons.</summary>
public sealed record ApiTimings
{
    public static ApiTimings Default { get; } = new();

    /// <summary>For one connection, with TLS.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From the request to the first of its answer.</summary>
    public TimeSpan Answer { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Without a byte on an HTTP/2 connection, until a ping is sent; at least a second.</summary>
    public TimeSpan PingDelay { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>For the answer to that ping, until the connection is given up; at least a second.</summary>
    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Without a byte of a list or a watch, until it is given up. Longer than a watch is asked to last: a server that is alive has ended it
    /// by then, so that only a frozen one is silent for this long.
    /// </summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(50);

    /// <summary>
    /// A watch is asked to end after a random time between four fifths of this and this. An API server sends a bookmark two seconds before,
    /// so that the version moves in a quiet cluster too.
    /// </summary>
    public TimeSpan WatchLength { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>How much longer than asked a watch may last.</summary>
    public TimeSpan WatchGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Between the starts of two watches of one resource; one that ends sooner without an event counts as failed.</summary>
    public TimeSpan WatchInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// A watch that ends this long after the last list is followed by a new list, should anything have been missed; null, the default, trusts the
    /// watches, as kube-proxy does.
    /// </summary>
    public TimeSpan? RelistAfter { get; init; }

    /// <summary>The longest pause after the first failure; it doubles with each.</summary>
    public TimeSpan BackoffStart { get; init; } = TimeSpan.FromMilliseconds(800);

    /// <summary>The longest pause.</summary>
    public TimeSpan BackoffMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest pause while there is no connection: what is not there cannot be overloaded, and is wanted as soon as it is back.</summary>
    public TimeSpan BackoffMaxUnreachable { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>Without a failure, until the next one counts as the first.</summary>
    public TimeSpan BackoffReset { get; init; } = TimeSpan.FromMinutes(2);
}
