using System.Runtime.Versioning;

[assembly: SupportedOSPlatform("linux")]

// Two classes at a time; those that measure are in the collection Alone.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.Collections, MaxThreads = 2)]
