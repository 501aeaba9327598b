using System.Runtime.Versioning;

[assembly: SupportedOSPlatform("linux")]

// Runs measure, and share the processors with nothing else of this assembly.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
