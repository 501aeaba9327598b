namespace UserProxy.App.Configuration;

/// <summary>Which field of kube-proxy was meant by a name that is none. Asked by <see cref="KubeProxyFields"/>.</summary>
internal static class KubeProxySlip
{
    /// <param name="name">With its path, <c>ipvs.shceduler</c>.</param>
    /// <returns>With its path; null when none is near.</returns>
    public static string? MeantBy(string name)
    {
        string[] known = [.. KubeProxyFields.All.Select(other => other.Name).Where(other => !other.EndsWith('.'))];
        var (section, last) = Split(name);
        // The right word in the wrong section, or outside of any; where several sections have it, it does not tell which.
        if (known.Where(other => Split(other).Last.Equals(last, StringComparison.OrdinalIgnoreCase)).ToList() is [var elsewhere]) return elsewhere;
        if (SectionOf(section, known) is not { } meant) return null;
        if (IsOpen(meant)) return $"{meant}.{last}";
        string[] beside = [.. known.Where(other => Split(other).Section == meant)];
        return Nearest.InAnyCase(last, [.. beside.Select(other => Split(other).Last)]) is { } near
            ? beside.First(other => Split(other).Last == near)
            : null;
    }

    /// <summary>Whether fields belong below this name, and no value.</summary>
    public static bool IsSection(string name) => KubeProxyFields.All.Any(other => other.Name.StartsWith($"{name}.", StringComparison.Ordinal));

    private static string? SectionOf(string section, string[] known)
    {
        if (section.Length == 0) return section;
        var sections = known.Select(other => Split(other).Section)
            .Concat(KubeProxyFields.All.Where(other => other.Name.EndsWith('.')).Select(other => other.Name[..^1]));
        return Nearest.InAnyCase(section, [.. sections.Where(other => other.Length > 0).Distinct()]);
    }

    /// <summary>Everything below it is a field.</summary>
    private static bool IsOpen(string section) => KubeProxyFields.All.Any(other => other.Name == $"{section}.");

    private static (string Section, string Last) Split(string name)
    {
        int dot = name.LastIndexOf('.');
        return dot < 0 ? ("", name) : (name[..dot], name[(dot + 1)..]);
    }
}
