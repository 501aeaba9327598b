namespace UserProxy.Scenarios.Bed;

/// <summary>Something of the bed, a backend or a path did not come up: the message is for the user.</summary>
internal sealed class BedException(string message) : Exception(message);
