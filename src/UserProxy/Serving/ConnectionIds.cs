using System.Security.Cryptography;

namespace UserProxy.Serving;

/// <summary>Unique ids for PROXY protocol headers, the log and <c>connections</c>: of this process, which is in them, and in order.</summary>
internal sealed class ConnectionIds
{
    private readonly string _process = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
    private long _last;

    /// <summary>Never 0.</summary>
    public long Next() => Interlocked.Increment(ref _last);

    public string TextOf(long id) => $"{_process}-{id:x}";
}
