namespace UserProxy.Scenarios.Load;

/// <summary>Memory of processes, in bytes.</summary>
/// <param name="Resident">Of each for itself: what they share counts for each.</param>
/// <param name="Anonymous">The part that no file backs.</param>
/// <param name="Proportional">What is shared is divided among those that share it.</param>
internal readonly record struct ProcessMemory(long Resident, long Anonymous, long Proportional);
