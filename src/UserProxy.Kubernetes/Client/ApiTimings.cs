namespace UserProxy.Kubernetes.Client;

/// <summary>How long the API server is waited for, and how often it is asked. Tests shorten them; docs/decisions/0012 and 0037 have the reasons.</summary>
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
    /// A watch is asked to end after a random time between four fifths of this and this, so that one that is silent for longer is frozen.
    /// </summary>
    public TimeSpan WatchLength { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>How much longer than asked a watch may last.</summary>
    public TimeSpan WatchGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Between the starts of two watches of one resource; one that ends sooner without an event counts as failed.</summary>
    public TimeSpan WatchInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause before the first list after an outage: long enough that the nodes of a cluster do not all ask at once.</summary>
    public TimeSpan ListJitter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause after the first failure; it doubles with each.</summary>
    public TimeSpan BackoffStart { get; init; } = TimeSpan.FromMilliseconds(800);

    /// <summary>The longest pause.</summary>
    public TimeSpan BackoffMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest pause while nobody answers: what is not there cannot be overloaded, and is wanted as soon as it is back.</summary>
    public TimeSpan BackoffMaxOutage { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// A server that has just been started refuses (403) until it has read its roles, and has errors (5xx) until it has reached its store. For so
    /// long after an outage that counts as the outage, and for so long a missing right at the start is not believed.
    /// </summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Without a failure, until the next one counts as the first.</summary>
    public TimeSpan BackoffReset { get; init; } = TimeSpan.FromMinutes(2);
}
