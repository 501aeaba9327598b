namespace UserProxy.Tcp;

/// <summary>The limits of one relay, taken from the Service's settings when the connection starts.</summary>
public readonly record struct RelayOptions(TimeSpan IdleTimeout, TimeSpan HalfCloseTimeout);
