using UserProxy.FunctionalTests.Cluster;
using UserProxy.FunctionalTests.Image;
using UserProxy.FunctionalTests.Inspection;
using UserProxy.FunctionalTests.Udp;
using Xunit.Sdk;
using Xunit.v3;

namespace UserProxy.FunctionalTests;

/// <summary>Starts those that take longest before the others, so that none of them is left to run by itself in the end. Speed alone depends on it.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Long =
    [
        nameof(UdpCluster), nameof(EpollServiceSemanticsTests), nameof(UringServiceSemanticsTests), nameof(SocketsServiceSemanticsTests),
            nameof(ImageTests), nameof(InspectTests), nameof(SocketsProtocolTests), nameof(HelpExampleTests), nameof(SilentBackendTests),
    ];

    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection => [.. testCollections.OrderBy(Place)];

    /// <summary>A collection that is not declared is named after its class.</summary>
    private static int Place<TTestCollection>(TTestCollection collection)
        where TTestCollection : ITestCollection
    {
        int place = Array.FindIndex(Long, name => collection.TestCollectionDisplayName.Contains(name, StringComparison.Ordinal));
        return place < 0 ? Long.Length : place;
    }
}
