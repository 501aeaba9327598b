using UserProxy.Model;

namespace UserProxy;

/// <summary>
/// Where the declared state comes from: the Kubernetes API or manifest files. Consumed by the Proxier alone.
/// </summary>
public interface IServiceSource
{
    /// <summary>What to call this source in logs and output: a path or a server address.</summary>
    string Description { get; }

    /// <summary>
    /// Yields the first table once everything has been listed, then a new one whenever content changed; never an equal one twice in a
    /// row. Trouble (a broken file, a lost server) keeps the last good state and is reported in the table's issues or the log; the
    /// enumeration ends only by <paramref name="cancellationToken"/>, or by an exception that no retry can mend.
    /// </summary>
    IAsyncEnumerable<ServiceTable> WatchAsync(CancellationToken cancellationToken);
}
