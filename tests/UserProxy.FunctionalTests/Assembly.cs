// Most cases wait: for a clock, for a program, for the kernel. Those of different classes do it at the same time; those that must have no neighbours are in the
// collection Alone.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.Collections, MaxThreads = 6)]
[assembly: TestCollectionOrderer(typeof(UserProxy.FunctionalTests.LongestFirst))]
