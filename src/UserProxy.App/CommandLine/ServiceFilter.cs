using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using UserProxy.App.Servers.Admin.Messages;

namespace UserProxy.App.CommandLine;

/// <summary>
/// Which Services a command line asks for, in the habits of kubectl: <c>-n NAMESPACE</c>, names with or without theirs, <c>svc/NAME</c>; and the number of a
/// port for the Service that serves it. Applied to answers here, so that it does not matter how old the proxy is that gives them.
/// </summary>
internal sealed class ServiceFilter
{
    public const string Shape = "[NAMESPACE/]NAME[:PORT] or the number of a port";

    private const int MostNamespaces = 5;
    private const string Issues = "issues";

    private readonly string? _namespace;
    private readonly List<Wanted> _wanted = [];

    private ServiceFilter(string? space) => _namespace = space;

    /// <summary>The rows of one namespace need not say which.</summary>
    public bool IsOfOneNamespace => _namespace is not null;

    public bool IsAll => _namespace is null && _wanted.Count == 0;

    /// <summary>Services are asked for, and not only all of a namespace.</summary>
    public bool HasNames => _wanted.Count > 0;

    /// <summary>Some of what was asked for is a port: of a Service by its name or number, or of any by the number of an address.</summary>
    public bool HasPorts => _wanted.Exists(wanted => wanted is not { Port: null, Number: null });

    /// <summary>One Service with its namespace, which the proxy itself can be asked for; else null.</summary>
    public ServiceRef? Single => _wanted is [{ Namespace: { } space, Number: null } only] ? new ServiceRef(space, only.Name, only.Port) : null;

    /// <summary>What was asked for is a port of any Service.</summary>
    public int? Number => _wanted is [{ Number: { } number }] ? number : null;

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
        foreach (string typed in names)
        {
            string text = ServiceRef.WithoutKind(typed);
            if (!ServiceRef.TryParse(text.Contains('/', StringComparison.Ordinal) ? text : $"{only ?? "-"}/{text}", out var service))
            {
                problem = $"'{typed}': expected {Shape}, such as default/web, web:80 or 30080";
                return false;
            }

            string? named = text.Contains('/', StringComparison.Ordinal) ? service.Namespace : only;
            if (only is not null && named != only)
            {
                problem = $"'{text}' is not in namespace {only} (-n)";
                return false;
            }

            // What is typed as a number may be a name, too.
            int? number = ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) && port > 0 ? port : null;
            parsed._wanted.Add(new Wanted(text, named, service.Name, service.Port, number));
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

    public bool Fits(ServiceItem service) => Fits(service.Namespace, wanted => Fits(wanted, service));

    /// <summary>Of a connection only the port's name is known, and where it came to.</summary>
    public bool Fits(ConnectionItem connection) => Fits(connection.Namespace, wanted => Fits(wanted, connection));

    /// <summary>
    /// Whether an issue of this subject is about what was asked for, as <see cref="IssueSubject"/> has it, or about no Service: a file may declare any.
    /// </summary>
    /// <param name="subject">Of the issue.</param>
    /// <param name="about">The Service that an EndpointSlice says to be of; null where it does not say.</param>
    /// <param name="fitting">The Services that fit, by namespace and name.</param>
    /// <param name="known">All Services, in the same way.</param>
    public bool FitsIssue(string subject, string? about, HashSet<string> fitting, HashSet<string> known)
    {
        if (IsAll || IssueSubject.ObjectOf(subject) is not { } named) return true;
        if (_namespace is { } only && !named.StartsWith($"{only}/", StringComparison.Ordinal)) return false;
        return _wanted.Count == 0 || fitting.Any(service => IssueSubject.IsOf(subject, about, service, known));
    }

    /// <summary>
    /// The answer with those items of its list <paramref name="list"/> that fit, and with the issues about them; every field stays, also those of a later
    /// version.
    /// </summary>
    public JsonDocument Of(JsonDocument answer, string list)
    {
        bool isOfServices = list == "services";
        List<JsonElement> items = [.. Items(answer.RootElement, list)], fitting = items.FindAll(item => Fits(item, list));
        HashSet<string> names = [.. fitting.Select(NameOf)], known = [.. items.Select(NameOf)];
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var field in answer.RootElement.EnumerateObject())
            {
                json.WritePropertyName(field.Name);
                if (field.Name == list) WriteAll(json, fitting);
                else if (isOfServices && field.Name == Issues)
                    WriteAll(json, Items(answer.RootElement, Issues).Where(issue => FitsIssue(Text(issue, "subject"), Text(issue, "service"), names, known)));
                else field.Value.WriteTo(json);
            }

            json.WriteEndObject();
        }

        return JsonDocument.Parse(buffer.ToArray());
    }

    private static void WriteAll(Utf8JsonWriter json, IEnumerable<JsonElement> items)
    {
        json.WriteStartArray();
        foreach (var item in items) item.WriteTo(json);
        json.WriteEndArray();
    }

    /// <summary>The Services that are declared, not served, and named.</summary>
    public IReadOnlyList<ServiceRef> LeftOutOf(IReadOnlyList<LeftOutItem> leftOut) =>
    [
        .. from wanted in _wanted
           from left in leftOut
           where IsOf(wanted, left)
           select new ServiceRef(left.Namespace, left.Name, wanted.Port),
    ];

    /// <summary>A line for each of the names that none of <paramref name="services"/> fits, with what may have been meant; none when each is there.</summary>
    /// <param name="services">Those that are served.</param>
    /// <param name="leftOut">Those that are declared and are not.</param>
    /// <param name="connections">Of Services that may be gone; a name that one fits is there.</param>
    public IReadOnlyList<string> Missing(
        IReadOnlyCollection<ServiceItem> services, IReadOnlyList<LeftOutItem> leftOut, IReadOnlyCollection<ConnectionItem>? connections = null) =>
    [
        .. _wanted.Where(wanted => !services.Any(service => Fits(wanted, service)) && connections?.Any(connection => Fits(wanted, connection)) is not true)
            .Select(wanted => WhyMissing(wanted, services, leftOut)),
    ];

    private string WhyMissing(Wanted wanted, IReadOnlyCollection<ServiceItem> services, IReadOnlyList<LeftOutItem> leftOut)
    {
        if (wanted.Number is { } number) return WhyNoPort(number, services);
        if (leftOut.FirstOrDefault(left => IsOf(wanted, left)) is { } left)
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
            : ServiceRef.IsKind(wanted.Text) ? "userproxy list, without a name, shows every Service"
            : "userproxy list shows what is";
        bool isShort = wanted.Namespace is not null && !wanted.Text.Contains('/', StringComparison.Ordinal);
        return $"{(isShort ? $"{wanted.Namespace}/" : "")}{wanted.Text} is not served on this node; {near}";
    }

    /// <summary>The port of a Service need not be that of any of its addresses: behind a NodePort it is another.</summary>
    private string WhyNoPort(int number, IReadOnlyCollection<ServiceItem> services)
    {
        string typed = Shown.Number(number), where = _namespace is { } only ? $"in namespace {only}" : "on this node";
        var items = services.Where(service => service.PortNumber == number && (_namespace is null || service.Namespace == _namespace)).ToList();
        List<string> names = [.. items.Select(NameOf).Distinct()];
        if (names.Count == 0) return $"no Service {where} has port {typed}; userproxy inspect {typed} says who has";
        List<string> at =
        [
            .. items.Where(item => NameOf(item) == names[0]).SelectMany(item => item.Listeners)
                .Select(listener => $"{listener.Kind} {Shown.Number(listener.Port)}").Distinct().Take(MostNamespaces),
        ];
        string others = names.Count > 1 ? $", and so do {Amount.Of(names.Count - 1, "other Service")}" : "";
        return $"no address {where} has port {typed}; Service {names[0]} has it, {(at.Count > 0 ? $"at {string.Join(", ", at)}" : "without an address here")}"
            + $"{others}: {Screen.Unbroken($"userproxy explain {names[0]}:{typed}")}";
    }

    private bool IsOf(Wanted wanted, LeftOutItem left) =>
        left.Name == wanted.Name && (wanted.Namespace is null || left.Namespace == wanted.Namespace) && (_namespace is null || left.Namespace == _namespace);

    private static IEnumerable<(string Namespace, string Name)> KnownOf(IEnumerable<ServiceItem> services) =>
        services.Select(service => (service.Namespace, service.Name));

    private bool Fits(JsonElement item, string list) => list == "services"
        ? Fits(Text(item, "namespace"), wanted => IsNamed(wanted, item) || (wanted.Number is { } port && (HasPort(item, "listeners", port)
            || HasPort(item, "notServed", port))))
        : Fits(Text(item, "namespace"), wanted => IsNamed(wanted, item) || (wanted.Number is { } port && IsAt(Text(item, "listener"), port)));

    private bool Fits(string space, Predicate<Wanted> fits) => (_namespace is null || space == _namespace) && (_wanted.Count == 0 || _wanted.Exists(fits));

    private static bool Fits(Wanted wanted, ServiceItem service) =>
        IsNamed(wanted, service.Namespace, service.Name, service.Port, service.PortNumber)
        || (wanted.Number is { } port && (service.Listeners.Any(at => at.Port == port) || service.NotServed.Any(at => at.Port == port)));

    private static bool Fits(Wanted wanted, ConnectionItem connection) =>
        IsNamed(wanted, connection.Namespace, connection.Name, connection.Port, number: null)
        || (wanted.Number is { } port && IsAt(connection.Listener, port));

    private static bool IsNamed(Wanted wanted, JsonElement item) => IsNamed(wanted, Text(item, "namespace"), Text(item, "name"), Text(item, "port"),
        item.TryGetProperty("portNumber", out var number) && number.TryGetInt32(out int value) ? value : null);

    private static bool IsNamed(Wanted wanted, string space, string name, string port, int? number) =>
        (wanted.Namespace is null || wanted.Namespace == space) && wanted.Name == name
        && (wanted.Port is null || wanted.Port == port || wanted.Port == number?.ToString(CultureInfo.InvariantCulture));

    /// <summary>The addresses of a Service, each with its port.</summary>
    private static bool HasPort(JsonElement item, string addresses, int port) =>
        item.TryGetProperty(addresses, out var all) && all.ValueKind == JsonValueKind.Array
        && all.EnumerateArray().Any(at => at.TryGetProperty("port", out var number) && number.TryGetInt32(out int value) && value == port);

    private static JsonElement.ArrayEnumerator Items(JsonElement answer, string list) =>
        answer.TryGetProperty(list, out var all) && all.ValueKind == JsonValueKind.Array ? all.EnumerateArray() : default;

    private static string NameOf(ServiceItem item) => $"{item.Namespace}/{item.Name}";

    private static string NameOf(JsonElement item) => $"{Text(item, "namespace")}/{Text(item, "name")}";

    private static bool IsAt(string endPoint, int port) => endPoint.EndsWith($":{Shown.Number(port)}", StringComparison.Ordinal);

    private static string Text(JsonElement item, string field) =>
        item.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    /// <summary>One of the names that were typed; with a number it is any Service that has it as the port of an address, too.</summary>
    private sealed record Wanted(string Text, string? Namespace, string Name, string? Port, int? Number);
}
