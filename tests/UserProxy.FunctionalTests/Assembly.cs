// Cases measure times, processor use and queue lengths: one at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
