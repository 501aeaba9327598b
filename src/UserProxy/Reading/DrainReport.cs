namespace UserProxy.Reading;

/// <summary>How the running connections ended after the stop: by themselves within the drain timeout, or by reset.</summary>
public readonly record struct DrainReport(int Finished, int Reset);
