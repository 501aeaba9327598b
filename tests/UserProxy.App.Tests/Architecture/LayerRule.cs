namespace UserProxy.App.Tests.Architecture;

/// <summary>
/// What the types of one namespace (with those under it) must not use. <c>=Name</c> means the namespace alone; <paramref name="Except"/> names
/// types that may be used all the same.
/// </summary>
internal sealed record LayerRule(string Namespace, string[] MustNotUse, params string[] Except)
{
    public IEnumerable<string> Violations(IEnumerable<(Type From, Type To)> references) =>
        from reference in references
        where IsIn(reference.From, Namespace) && MustNotUse.Any(forbidden => IsIn(reference.To, forbidden)) && !Except.Contains(reference.To.FullName)
        select $"{reference.From.FullName} uses {reference.To.FullName}";

    private static bool IsIn(Type type, string name) => name.StartsWith('=')
        ? type.Namespace == name[1..]
        : type.Namespace == name || type.Namespace?.StartsWith(name + ".", StringComparison.Ordinal) == true;
}
