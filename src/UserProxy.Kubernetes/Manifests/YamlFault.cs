namespace UserProxy.Kubernetes.Manifests;

/// <summary>One document of a text that could not be read, while others could.</summary>
/// <param name="Document">From 1, as a reader would count.</param>
/// <param name="Line">From 1.</param>
/// <param name="Reason">Of the parser.</param>
public sealed record YamlFault(int Document, long Line, string Reason);
