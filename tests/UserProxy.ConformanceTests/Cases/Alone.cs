namespace UserProxy.ConformanceTests.Cases;

/// <summary>The collection of the classes that take away what the other cases use; they run one at a time, after all the others.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
