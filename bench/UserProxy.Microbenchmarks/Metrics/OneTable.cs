using System.Runtime.CompilerServices;
using UserProxy.Model;

namespace UserProxy.Microbenchmarks.Metrics;

/// <summary>A source that has told all when it has told its one table.</summary>
internal sealed class OneTable(ServiceTable table) : IServiceSource
{
    public string Description => "one table";

    public async IAsyncEnumerable<ServiceTable> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return table;
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }
}
