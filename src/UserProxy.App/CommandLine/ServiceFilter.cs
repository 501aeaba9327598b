using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using UserProxy.App.Servers.Admin.Messages;

namespace UserProxy.App.CommandLine;

/// <summary>
/// Which Services a command line asks for, in the habits of kubectl: <c>-n NAMESPACE</c>, and names with or without theirs. Applied to answers here, so that it
/// does not matter how old the proxy is that gives them.
/// </summary>
internal sealed class ServiceFilter
{
    public const string Shape = "[NAMESPACE/]NAME[:PORT]";

    private const int MostNamespaces = 5;

    private readonly string? _namespace;
    private readonly List<(string Text, string? Namespace, string Name, string? Port)> _wanted = [];

    private ServiceFilter(string? space) => _namespace = space;

    /// <summary>The rows of one namespace need not say which.</summary>
    public bool IsOfOneNamespace => _namespace is not null;

    public bool IsAll => _namespace is null && _wanted.Count == 0;

    /// <summary>One Service with its namespace, which the proxy itself can be asked for; else null.</summary>
    public ServiceRef? Single => _wanted is [{ Namespace: { } space } only] ? new ServiceRef(space, only.Name, only.Port) : null;

    /// <param name="names">As they were typed.</param>
    /// <param name="space">Of <c>-n</c>.</param>
    /// <param name="all">Of <c>-A</c>, which goes before it, as with kubectl.</param>
    /// <param name="filter">What was meant.</param>
    /// <param name="problem">What was not understood.</param>
    public static bool TryParse(
        IEnumerable<string> names, string? space, bool all, [NotNullWhen(true)] out ServiceFilter? filter, [NotNullWhen(false)] out string? problem)
    {
        filter = null;
        problem = null;
        string? only = all || string.IsNullOrEmpty(space) ? null : space;
        var parsed = new ServiceFilter(only);
        foreach (string text in names)
        {
            if (!ServiceRef.TryParse(text.Contains('/', StringComparison.Ordinal) ? text : $"{only ?? "-"}/{text}", out var service))
            {
                problem = $"'{text}': expected {Shape}, such as default/web or web:80";
                return false;
            }

            string? named = text.Contains('/', StringComparison.Ordinal) ? service.Namespace : only;
            if (only is not null && named != only)
            {
                problem = $"'{text}' is not in namespace {only} (-n)";
                return false;
            }

            parsed._wanted.Add((text, named, service.Name, service.Port));
        }

        filter = parsed;
        return true;
    }

    /// <summary>
    /// What to say when nothing of the namespace of <c>-n</c> is served: kubectl shows an empty list for a typing error, and says so. Null when something is,
    /// and without <c>-n</c>.
    /// </summary>
    /// <param name="services">Those that are served.</param>
    /// <param name="leftOut">Those that are declared and are not.</param>
    public string? NoneInNamespace(IEnumerable<ServiceItem> services, IReadOnlyList<LeftOutItem> leftOut)
    {
        if (_namespace is not { } space) return null;
        List<string> there = [.. services.Select(service => service.Namespace).Distinct().Order(StringComparer.Ordinal)];
        if (there.Contains(space)) return null;
        if (leftOut.FirstOrDefault(left => left.Namespace == space) is { } left)
            return $"nothing in namespace {space} is served on this node: {left.Namespace}/{left.Name}, for one, as {left.Reason}";
        string known = Nearest.To(space.ToLowerInvariant(), there) is { } near ? $"; did you mean {near}?"
            : there.Count == 0 ? ""
            : $"; there {(there.Count == 1 ? "is" : "are")} {string.Join(", ", there.Take(MostNamespaces))}"
                + (there.Count > MostNamespaces ? $" and {there.Count - MostNamespaces} more" : "");
        return $"no Service in namespace {space}{known}";
    }

    public bool Fits(ServiceItem service) => Fits(service.Namespace, service.Name, service.Port, service.PortNumber);

    /// <summary>Of a connection only the port's name is known.</summary>
    public bool Fits(ConnectionItem connection) => Fits(connection.Namespace, connection.Name, connection.Port, number: null);

    /// <summary>The answer with those items of its list <paramref name="list"/> that fit; every field stays, also those of a later version.</summary>
    public JsonDocument Of(JsonDocument answer, string list)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var field in answer.RootElement.EnumerateObject())
            {
                json.WritePropertyName(field.Name);
                if (field.Name != list)
                {
                    field.Value.WriteTo(json);
                    continue;
                }

                json.WriteStartArray();
                foreach (var item in field.Value.EnumerateArray().Where(Fits)) item.WriteTo(json);
                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        return JsonDocument.Parse(buffer.ToArray());
    }

    /// <summary>The first of the names that none of <paramref name="services"/> fits, with what may have been meant; null when each is there.</summary>
    /// <param name="services">Those that are served.</param>
    /// <param name="leftOut">Those that are declared and are not.</param>
    public string? Missing(IReadOnlyCollection<ServiceItem> services, IReadOnlyList<LeftOutItem> leftOut)
    {
        foreach (var wanted in _wanted)
        {
            if (services.Any(service => Fits(wanted, service.Namespace, service.Name, service.Port, service.PortNumber))) continue;
            if (leftOut.FirstOrDefault(left => left.Name == wanted.Name && (wanted.Namespace is null || left.Namespace == wanted.Namespace)) is { } left)
                return $"{left.Namespace}/{left.Name} is declared, and nothing of it is served on this node: {left.Reason}";
            List<string> ports =
            [
                .. services.Where(service => service.Name == wanted.Name && (wanted.Namespace is null || service.Namespace == wanted.Namespace))
                    .Select(Shown.Port).Distinct(),
            ];
            if (ports.Count > 0) return $"{wanted.Text[..wanted.Text.LastIndexOf(':')]} has no port {wanted.Port}; it has {string.Join(", ", ports)}";
            var names = services.Where(service => wanted.Namespace is null || service.Namespace == wanted.Namespace).Select(service => service.Name);
            // The name may be right, and its namespace not.
            string? elsewhere = services.FirstOrDefault(service => service.Name == wanted.Name)?.Namespace;
            string near = elsewhere is not null ? $"did you mean {elsewhere}/{wanted.Name}?"
                : Nearest.To(wanted.Name.ToLowerInvariant(), [.. names.Distinct()]) is { } name && name != wanted.Name ? $"did you mean {name}?"
                : wanted.Namespace is { } space && MeantService.By(new ServiceRef(space, wanted.Name, wanted.Port), KnownOf(services)) is { } meant
                ? $"did you mean {meant}?"
                : "userproxy list shows what is";
            bool isShort = wanted.Namespace is not null && !wanted.Text.Contains('/', StringComparison.Ordinal);
            return $"{(isShort ? $"{wanted.Namespace}/" : "")}{wanted.Text} is not served on this node; {near}";
        }

        return null;
    }

    private static IEnumerable<(string Namespace, string Name)> KnownOf(IEnumerable<ServiceItem> services) =>
        services.Select(service => (service.Namespace, service.Name));

    private bool Fits(JsonElement item) => Fits(Text(item, "namespace"), Text(item, "name"), Text(item, "port"),
        item.TryGetProperty("portNumber", out var number) && number.TryGetInt32(out int value) ? value : null);

    private bool Fits(string space, string name, string port, int? number) =>
        (_namespace is null || space == _namespace) && (_wanted.Count == 0 || _wanted.Exists(wanted => Fits(wanted, space, name, port, number)));

    private static bool Fits((string Text, string? Namespace, string Name, string? Port) wanted, string space, string name, string port, int? number) =>
        (wanted.Namespace is null || wanted.Namespace == space) && wanted.Name == name
        && (wanted.Port is null || wanted.Port == port || wanted.Port == number?.ToString(CultureInfo.InvariantCulture));

    private static string Text(JsonElement item, string field) =>
        item.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
