namespace UserProxy.Scenarios.Tests;

/// <summary>
/// The collection of the classes that measure: they share the processors with nothing else of this assembly, and run one at a time, after all the others.
/// </summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
