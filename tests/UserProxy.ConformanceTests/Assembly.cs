// A case has a Service of its own and waits for most of its time: they run beside each other. Those that take a node or the API server away are in the
// collection Alone.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.All, MaxThreads = 8)]
[assembly: AssemblyFixture(typeof(UserProxy.ConformanceTests.Cluster.ConformanceCluster))]
