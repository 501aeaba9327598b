namespace UserProxy.Kubernetes.Manifests;

/// <summary>Files that cannot be read, as a whole or in part.</summary>
/// <param name="Message">The first, with what is wrong, and how many more.</param>
/// <param name="Since">When the first was met.</param>
public sealed record ManifestTrouble(string Message, DateTimeOffset Since);
