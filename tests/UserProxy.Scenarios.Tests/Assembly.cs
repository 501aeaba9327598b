using System.Runtime.Versioning;

[assembly: SupportedOSPlatform("linux")]

// Most wait for loads of a fixed length; those that measure are in the collection Alone.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.Collections, MaxThreads = 3)]
[assembly: TestCollectionOrderer(typeof(UserProxy.Scenarios.Tests.LongestFirst))]
