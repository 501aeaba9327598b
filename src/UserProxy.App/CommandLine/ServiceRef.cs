using System.Diagnostics.CodeAnalysis;
using UserProxy.Model;

namespace UserProxy.App.CommandLine;

/// <summary>A Service as people name it: <c>NAMESPACE/NAME</c>, or one port of it, <c>NAMESPACE/NAME:PORT</c> by name or number.</summary>
internal sealed record ServiceRef(string Namespace, string Name, string? Port)
{
    public const string Shape = "NAMESPACE/NAME";

    private static readonly string[] Kinds = ["service", "services", "svc"];

    public static bool TryParse(string text, [NotNullWhen(true)] out ServiceRef? service)
    {
        service = null;
        string[] parts = text.Split('/');
        if (parts.Length != 2 || parts[0].Length == 0) return false;
        int colon = parts[1].IndexOf(':', StringComparison.Ordinal);
        string name = colon < 0 ? parts[1] : parts[1][..colon];
        string? port = colon < 0 ? null : parts[1][(colon + 1)..];
        if (name.Length == 0 || port is "") return false;
        service = new ServiceRef(parts[0], name, port);
        return true;
    }

    /// <summary>
    /// <c>svc/NAME</c>, as kubectl takes it, is the name alone: its namespace is said beside it, or found out. A Service of a namespace that is called so is
    /// found as well.
    /// </summary>
    public static string WithoutKind(string text) =>
        text.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash && slash + 1 < text.Length && IsKind(text[..slash]) ? text[(slash + 1)..] : text;

    /// <summary>A word that kubectl takes for Services.</summary>
    public static bool IsKind(string word) => Kinds.Contains(word, StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether it is a port of this Service, whichever.</summary>
    public bool FitsService(ServicePortName name) => name.Namespace == Namespace && name.Name == Name;

    /// <summary>The number of a port is in the table; of a port that is no longer declared only the name is known.</summary>
    public bool Fits(ServicePortName name, ServiceTable table) =>
        FitsService(name) && (Port is null || Port == name.Port || table.Ports.Any(port => port.Name == name && Fits(port)));

    public bool Fits(ServicePort port) =>
        FitsService(port.Name) && (Port is null || Port == port.Name.Port || Port == port.Number.ToString(System.Globalization.CultureInfo.InvariantCulture));

    public override string ToString() => Port is null ? $"{Namespace}/{Name}" : $"{Namespace}/{Name}:{Port}";
}
