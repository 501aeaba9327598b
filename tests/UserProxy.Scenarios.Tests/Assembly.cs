using System.Runtime.Versioning;

[assembly: SupportedOSPlatform("linux")]

// Two classes at a time; those that measure are in the collection Alone.
[assembly: CollectionBehavior(MaxParallelThreads = 2)]
