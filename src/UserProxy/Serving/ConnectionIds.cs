namespace UserProxy.Serving;

/// <summary>Unique ids for PROXY protocol headers, the log and <c>connections</c>: of this process, which is in them, and in order.</summary>
internal sealed class ConnectionIds
{
    // A Guid is as random; RandomNumberGenerator loads OpenSSL first, which nothing else does on the way to the first listener.
    private readonly string _process = Guid.NewGuid().ToString("N")[^16..];
    private long _last;

    /// <summary>Never 0.</summary>
    public long Next() => Interlocked.Increment(ref _last);

    public string TextOf(long id) => $"{_process}-{id:x}";
}
