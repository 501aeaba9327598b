using UserProxy.Kubernetes.Building;

namespace UserProxy.Kubernetes.Objects;

/// <summary>Identity of an object among those of its kind; a Node has an empty namespace.</summary>
internal readonly record struct ObjectId(string Namespace, string Name)
{
    public override string ToString() => PrintableText.Of(Namespace.Length == 0 ? Name : $"{Namespace}/{Name}");
}
