namespace UserProxy.Kubernetes.Client.Access;

/// <summary>
/// The API server cannot be asked with what was configured. The message is for the user: which file, what is missing, what to do next.
/// Thrown by <see cref="ClusterAccess"/> while it is made, and by an exec plugin that fails later.
/// </summary>
public sealed class ClusterAccessException(string message, Exception? inner = null) : Exception(message, inner);
