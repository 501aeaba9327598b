namespace UserProxy.App.Configuration;

/// <summary>
/// Variables that are no setting and are near one: slips, which nobody would read. Others that begin alike are left alone: those of commands and of tests, and
/// those that Kubernetes gives a Pod beside a Service of that name. Asked by <c>run</c> and <c>check</c>.
/// </summary>
internal static class UnknownVariables
{
    private const string Prefix = "USERPROXY_";

    /// <summary>A sentence for each.</summary>
    public static IReadOnlyList<string> In(Surroundings surroundings)
    {
        HashSet<string> known = [Settings.ConfigVariable, .. Settings.All.Select(setting => setting.Variable).Where(HasPrefix)];
        List<string> words = [.. known.Select(name => name[Prefix.Length..])];
        return
        [
            .. from name in surroundings.VariableNames()
               where HasPrefix(name) && !known.Contains(name)
               orderby name
               let meant = Nearest.To(name[Prefix.Length..].ToUpperInvariant(), words)
               where meant is not null
               select $"{name}: no setting has this variable, and it is not read; did you mean {Prefix}{meant}?",
        ];
    }

    private static bool HasPrefix(string name) => name.StartsWith(Prefix, StringComparison.Ordinal);
}
