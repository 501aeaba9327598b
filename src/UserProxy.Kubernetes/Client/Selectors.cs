namespace UserProxy.Kubernetes.Client;

/// <summary>Which objects of a kind are wanted. The server applies the selectors, and <paramref name="Accepts"/> is applied here in every case.</summary>
/// <param name="Label">A label selector, or null.</param>
/// <param name="Field">A field selector, or null.</param>
/// <param name="FieldIsOptional">A server that answers 400 is asked without it.</param>
/// <param name="Accepts">The same on our side; an object that no longer passes counts as deleted.</param>
internal sealed record Selectors<T>(string? Label, string? Field, bool FieldIsOptional, Func<T, bool> Accepts)
{
    public ListQuery Of(ListQuery query) => query with { Label = Label, Field = Field };
}
