namespace UserProxy.FunctionalTests;

/// <summary>
/// The collection of the classes whose cases have no neighbours: they measure times, processor use, memory, open descriptors or queue lengths, or make load
/// that would spoil what the others see; or they let go of a port and want it, or its absence, at once: a program that some other case starts has, from fork to
/// exec, every descriptor of this process. They run one at a time, after all the others.
/// </summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
