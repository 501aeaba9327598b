using System.Runtime.CompilerServices;
using UserProxy.Model;

namespace UserProxy.App.Run.HandOver;

/// <summary>A source whose first table has this process ask its predecessor for what it listens on.</summary>
internal sealed class TakingOverSource(IServiceSource inner, Predecessor predecessor) : IServiceSource
{
    public string Description => inner.Description;

    public async IAsyncEnumerable<ServiceTable> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        bool isFirst = true;
        await foreach (var table in inner.WatchAsync(cancellationToken))
        {
            if (isFirst)
            {
                await predecessor.TakeSocketsAsync(cancellationToken);
                predecessor.SayWhatIsNotIn(table);
            }

            isFirst = false;
            yield return table;
        }
    }
}
