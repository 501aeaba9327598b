using System.Globalization;

namespace UserProxy.App.Configuration;

/// <summary>
/// Variables that are no setting and are near one: slips, which nobody would read. Others that begin alike are left alone: those of commands and of tests, and
/// those that Kubernetes gives a Pod beside a Service of that name. Asked by <c>run</c> and <c>check</c>.
/// </summary>
internal static class UnknownVariables
{
    private const string Prefix = "USERPROXY_";

    private static readonly string[] Protocols = ["TCP", "UDP", "SCTP"];

    /// <summary>A sentence for each.</summary>
    public static IReadOnlyList<string> In(Surroundings surroundings)
    {
        HashSet<string> known = [Settings.ConfigVariable, .. Settings.All.Select(setting => setting.Variable).Where(HasPrefix)];
        List<string> words = [.. known.Select(name => name[Prefix.Length..])];
        return
        [
            .. from name in surroundings.VariableNames()
               where HasPrefix(name) && !known.Contains(name) && !IsOfService(name, surroundings)
               orderby name
               let meant = Nearest.To(name[Prefix.Length..].ToUpperInvariant(), words)
               where meant is not null
               select $"{name}: no setting has this variable, and it is not read; did you mean {Prefix}{meant}?",
        ];
    }

    /// <summary>
    /// What Kubernetes gives a Pod beside a Service <c>userproxy-node</c>: <c>USERPROXY_NODE_SERVICE_HOST</c>, <c>..._SERVICE_PORT</c>,
    /// <c>..._SERVICE_PORT_HTTP</c>, <c>..._PORT</c>, <c>..._PORT_80_TCP</c>, <c>..._PORT_80_TCP_ADDR</c> (the Pod's enableServiceLinks).
    /// </summary>
    private static bool IsOfService(string name, Surroundings surroundings) =>
        name.EndsWith("_SERVICE_HOST", StringComparison.Ordinal)
            || name.EndsWith("_SERVICE_PORT", StringComparison.Ordinal)
            || name.Contains("_SERVICE_PORT_", StringComparison.Ordinal)
            || (name.EndsWith("_PORT", StringComparison.Ordinal) && IsLink(surroundings.Variable(name)))
            || HasLinkedPort(name.Split('_'));

    /// <summary>As in <c>tcp://10.96.0.7:80</c>.</summary>
    private static bool IsLink(string? value) =>
        value is not null && Protocols.Any(protocol => value.StartsWith($"{protocol}://", StringComparison.OrdinalIgnoreCase));

    /// <summary>As in <c>..._PORT_80_TCP</c>.</summary>
    private static bool HasLinkedPort(string[] words)
    {
        for (int i = 0; i + 2 < words.Length; i++)
        {
            if (words[i] == "PORT" && ushort.TryParse(words[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out _)
                && Protocols.Contains(words[i + 2])) return true;
        }

        return false;
    }

    private static bool HasPrefix(string name) => name.StartsWith(Prefix, StringComparison.Ordinal);
}
