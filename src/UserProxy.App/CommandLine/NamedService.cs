using System.CommandLine;
using UserProxy.App.Servers.Admin.Messages;

namespace UserProxy.App.CommandLine;

/// <summary>
/// The one Service that a command asks for: by its name with or without a namespace, as kubectl takes it, or by the number of a port. The same forms for
/// <c>explain</c>, <c>verify</c> and <c>trace</c>.
/// </summary>
internal static class NamedService
{
    private const int MostNamed = 5;

    public static Argument<string> Argument(Surroundings surroundings) => new Argument<string>("[NS/]NAME[:PORT]")
    {
        HelpName = "[NS/]NAME[:PORT]",
        Description = "The Service, or one port of it by name or number, or the number of a port that one serves. Without a namespace: the one that has "
            + "such a Service.",
    }.CompletesServices(surroundings);

    public static Option<string> NamespaceOption() => new("--namespace", "-n") { Description = "The namespace of a name that has none.", HelpName = "NS" };

    /// <summary>A name alone is enough while one namespace has it.</summary>
    /// <exception cref="AdminException">None has it, or several do.</exception>
    public static async Task<ServiceRef> FindAsync(AdminClient client, string typed, ServiceFilter filter, CancellationToken cancellation)
    {
        // With its namespace it is who it is, served or not.
        if (filter.Single is { } whole) return whole;
        using var json = await client.GetAsync("/v1/services", cancellation);
        var list = client.Read(json, AdminJson.Default.ServiceList);
        List<ServiceItem> all = [.. list.Services];
        if (list.Revision == 0) throw new AdminException($"nothing is served yet: {list.Source} has not been listed", ExitCode.Unreachable);
        if (filter.Missing(all, list.LeftOut) is [var missing, ..])
        {
            // Why nothing of it is served is what is asked.
            return filter.LeftOutOf(list.LeftOut) is [var left] ? left : throw new AdminException(missing, ExitCode.Failed);
        }

        if (filter.Number is { } number && OfPort(number, all.Where(filter.Fits)) is { } served) return served;
        string name = ServiceRef.WithoutKind(typed);
        List<string> spaces = [.. all.Where(filter.Fits).Select(service => service.Namespace).Distinct()];
        return spaces.Count == 1 && ServiceRef.TryParse($"{spaces[0]}/{name}", out var named)
            ? named
            : throw new AdminException($"'{typed}' is in {string.Join(", ", spaces)}: say which with -n", ExitCode.BadUsage);
    }

    /// <summary>Null when it is the name of one.</summary>
    /// <exception cref="AdminException">Several Services have it, at addresses of their own.</exception>
    private static ServiceRef? OfPort(int number, IEnumerable<ServiceItem> services)
    {
        // One port has an item for each address family.
        List<ServiceRef> ports =
        [
            .. services.Where(service => service.Listeners.Any(at => at.Port == number) || service.NotServed.Any(at => at.Port == number))
                .Select(service => new ServiceRef(service.Namespace, service.Name, service.Port.Length > 0 ? service.Port : Shown.Number(service.PortNumber)))
                .Distinct(),
        ];
        if (ports.Count <= 1) return ports.FirstOrDefault();
        // Of one Service, as TCP and UDP: it is meant as a whole.
        if (ports.DistinctBy(port => (port.Namespace, port.Name)).Count() == 1) return ports[0] with { Port = null };
        string more = ports.Count > MostNamed ? $" and {Shown.Number(ports.Count - MostNamed)} more" : "";
        throw new AdminException($"port {Shown.Number(number)} is of {string.Join(", ", ports.Take(MostNamed))}{more}: say which", ExitCode.BadUsage);
    }
}
