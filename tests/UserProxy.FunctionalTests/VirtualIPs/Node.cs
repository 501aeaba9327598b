using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging;
using UserProxy.FunctionalTests.Support;
using UserProxy.Linux.VirtualIPs;

namespace UserProxy.FunctionalTests.VirtualIPs;

/// <summary>Virtual IPs opened inside the node of a <see cref="TestLink"/>, by this process, with what they log.</summary>
internal static class Node
{
    public static IReadOnlySet<IPAddress> Addresses(params string[] addresses) => addresses.Select(IPAddress.Parse).ToHashSet();

    public static VirtualIPOptions Options(TestHost node) => new()
    {
        NftCommand = ["ip", "netns", "exec", node.Name, "nft"],
        RepairPause = TimeSpan.FromMilliseconds(10),
        NftLongest = Eventually.Patience,
    };

    public static Task<VirtualIPsOpening> TryOpenAsync(TestHost node, VirtualIPOptions? options = null, ILogger? log = null) =>
        node.Inside(() => RoutedVirtualIPs.OpenAsync(options ?? Options(node), log ?? new Lines(), TimeProvider.System, CancellationToken.None));

    public static async Task<RoutedVirtualIPs> OpenAsync(TestHost node, VirtualIPOptions? options = null, ILogger? log = null)
    {
        var opening = await TryOpenAsync(node, options, log);
        return opening.Opened ?? throw new InvalidOperationException(opening.Reason);
    }

    /// <summary>A logger that keeps its lines.</summary>
    internal sealed class Lines : ILogger
    {
        private readonly ConcurrentQueue<string> _lines = [];

        public int Count(string part) => _lines.Count(line => line.Contains(part, StringComparison.Ordinal));

        public override string ToString() => string.Join('\n', _lines);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue(formatter(state, exception));
    }
}
