using Xunit.Sdk;
using Xunit.v3;

namespace UserProxy.Tests;

/// <summary>Starts those that take longest before the others, so that none of them is left to run by itself in the end. Speed alone depends on it.</summary>
/// <param name="longest">Names of collections or of classes: a collection that is not declared is named after its class.</param>
public abstract class CollectionOrder(params string[] longest) : ITestCollectionOrderer
{
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection => [.. testCollections.OrderBy(Place)];

    private int Place<TTestCollection>(TTestCollection collection)
        where TTestCollection : ITestCollection
    {
        int place = Array.FindIndex(longest, name => collection.TestCollectionDisplayName.Contains(name, StringComparison.Ordinal));
        return place < 0 ? longest.Length : place;
    }
}
