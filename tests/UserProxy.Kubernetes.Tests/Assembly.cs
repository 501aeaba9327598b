// The long ones wait: for a clock, or for a server that stays away.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.Collections, MaxThreads = 3)]
[assembly: TestCollectionOrderer(typeof(UserProxy.Kubernetes.Tests.LongestFirst))]
