namespace UserProxy.Kubernetes.Manifests;

/// <summary>Identity of one object of the manifests; a Node has an empty namespace.</summary>
public readonly record struct ObjectKey(string Kind, string Namespace, string Name)
{
    public override string ToString() => Namespace.Length == 0 ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}";
}
