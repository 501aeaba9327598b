namespace UserProxy.Kubernetes.Objects;

/// <summary>
/// Identity of an object among those of its kind; a Node has an empty namespace. Ordered as service ports are, so that the ports of one Service lie together.
/// </summary>
internal readonly record struct ObjectId(string Namespace, string Name) : IComparable<ObjectId>
{
    /// <summary>For a message.</summary>
    public string Printable => PrintableText.Of(ToString());

    public int CompareTo(ObjectId other)
    {
        int byNamespace = string.CompareOrdinal(Namespace, other.Namespace);
        return byNamespace != 0 ? byNamespace : string.CompareOrdinal(Name, other.Name);
    }

    public override string ToString() => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";
}
