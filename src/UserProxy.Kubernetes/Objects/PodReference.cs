using System.Text;
using System.Text.Json.Serialization;

namespace UserProxy.Kubernetes.Objects;

/// <summary>
/// The Pod that an endpoint's <c>targetRef</c> names, as numbers: there are very many, and all that is asked is whether two are the same. 0 stands for what is
/// not named.
/// </summary>
[JsonConverter(typeof(PodReferenceConverter))]
public readonly record struct PodReference(ulong Namespace, ulong Name)
{
    private const ulong Basis = 14695981039346656037, Prime = 1099511628211;

    /// <summary>The Pod's number; 0 for none.</summary>
    /// <param name="own">The namespace of the slice: a Pod without one is there.</param>
    public ulong In(string? own)
    {
        if (Name == 0) return 0;
        return Math.Max(1, unchecked(((Namespace != 0 ? Namespace : Number(own)) * Prime) ^ Name));
    }

    /// <summary>FNV-1a of 64 bits.</summary>
    internal static ulong Number(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty) return 0;
        ulong hash = Basis;
        foreach (byte each in utf8) hash = unchecked((hash ^ each) * Prime);
        return Math.Max(1, hash);
    }

    private static ulong Number(string? text) => string.IsNullOrEmpty(text) ? 0 : Number(Encoding.UTF8.GetBytes(text));
}
