using System.Threading.Channels;
using UserProxy.Model;

namespace UserProxy.FunctionalTests.Support;

/// <summary>A source whose table a test sets.</summary>
internal sealed class MemorySource : IServiceSource
{
    private readonly Channel<ServiceTable> _tables = Channel.CreateUnbounded<ServiceTable>();

    public string Description => "memory";

    public void Set(ServiceTable table) => _tables.Writer.TryWrite(table);

    public IAsyncEnumerable<ServiceTable> WatchAsync(CancellationToken cancellationToken) => _tables.Reader.ReadAllAsync(cancellationToken);
}
