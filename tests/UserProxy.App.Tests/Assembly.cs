// The long ones wait: for a demonstration, a clock or a port.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.Collections, MaxThreads = 4)]
[assembly: TestCollectionOrderer(typeof(UserProxy.App.Tests.LongestFirst))]
