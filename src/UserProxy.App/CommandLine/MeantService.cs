namespace UserProxy.App.CommandLine;

/// <summary>
/// The Service that may have been meant by a name that is none: in its own namespace first, then in any. Names of Kubernetes have no capitals.
/// </summary>
internal static class MeantService
{
    /// <summary>Null when nothing is near. With the port that was named.</summary>
    /// <param name="typed">As it was typed.</param>
    /// <param name="known">Namespace and name of each that there is.</param>
    public static string? By(ServiceRef typed, IEnumerable<(string Namespace, string Name)> known)
    {
        var all = known.Distinct().ToList();
        string space = typed.Namespace.ToLowerInvariant(), name = typed.Name.ToLowerInvariant();
        string? near = Nearest.To(name, [.. all.Where(each => each.Namespace == space).Select(each => each.Name)]) is { } here
            ? $"{space}/{here}"
            : Nearest.To($"{space}/{name}", [.. all.Select(each => $"{each.Namespace}/{each.Name}")]);
        return near is null ? null : typed.Port is { } port ? $"{near}:{port}" : near;
    }
}
