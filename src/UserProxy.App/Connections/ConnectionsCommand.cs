using System.CommandLine;
using System.Globalization;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Model;

namespace UserProxy.App.Connections;

/// <summary><c>connections [[NS/]NAME...]</c>: who is connected through a running proxy, and to which endpoint.</summary>
internal static class ConnectionsCommand
{
    private const string Examples = """
          userproxy connections
              every live connection: client, listener, endpoint, age, idle time, bytes
          userproxy connections default/web --client 127.0.0.1
              those of one Service and one client
          userproxy connections -n default --sort-by idle --watch
              those of one namespace, the idlest first, redrawn every two seconds
          userproxy connections -o json
        """;

    public static Command Create(Surroundings surroundings)
    {
        var services = AskingCommand.ServicesArgument("Services, which may be gone already. Default: all.", surroundings);
        var space = AskingCommand.NamespaceOption();
        var all = AskingCommand.AllNamespacesOption();
        var output = AskingCommand.OutputOption("table", "json");
        var service = new Option<string>("--service")
        {
            Description = "The same as a Service that is named without it.",
            HelpName = "NS/NAME",
        }.CompletesServices(surroundings);
        var client = new Option<string>("--client") { Description = "Only connections from this address.", HelpName = "IP" };
        var sort = AskingCommand.SortOption();
        var watch = AskingCommand.WatchOption();
        var socket = AskingCommand.SocketOption();
        var command = new DocumentedCommand("connections", "Show the live connections of the running proxy.", Examples)
        {
            services, space, all, output, service, client, sort, watch, socket,
        };
        command.SetAction((parse, cancellation) =>
        {
            string[] names = [.. parse.GetValue(services) ?? [], .. parse.GetValue(service) is { } one ? [one] : Array.Empty<string>()];
            if (!ServiceFilter.TryParse(names, parse.GetValue(space), parse.GetValue(all), out var filter, out string? problem))
                return AskingCommand.RejectAsync(problem, surroundings);
            string? from = parse.GetValue(client);
            if (from is not null && !AddressText.TryParse(from, out _))
                return AskingCommand.RejectAsync(AskingCommand.NoAddress("--client", from), surroundings);
            bool json = parse.GetValue(output) == "json";
            if (json && parse.GetValue(watch)) return AskingCommand.RejectAsync("--watch: not with -o json", surroundings);
            var request = new ConnectionsRequest(filter, from, json, parse.GetValue(sort), parse.GetValue(watch));
            return AskingCommand.AskAsync(
                parse.GetValue(socket),
                surroundings,
                admin => Watching.RunAsync(
                    parse.GetValue(watch), (output, stop) => PrintAsync(admin, request, output, surroundings, stop), surroundings, cancellation));
        });
        return command;
    }

    private static async Task<int> PrintAsync(
        AdminClient admin, ConnectionsRequest request, TextWriter output, Surroundings surroundings, CancellationToken cancellation)
    {
        // The proxy knows ports of Services by number as well, and need not send what nobody asked for.
        var filter = request.Filter;
        string query = $"service={Uri.EscapeDataString(filter.Single?.ToString() ?? "")}&client={Uri.EscapeDataString(request.Client ?? "")}";
        using var json = await admin.GetAsync($"/v1/connections?{query}", cancellation);
        bool isFiltered = filter.IsAll || filter.Single is not null;
        List<ConnectionItem> fitting = [];
        if (!request.Json || !isFiltered)
            fitting.AddRange(admin.Read(json, AdminJson.Default.ConnectionList).Connections.Where(connection => isFiltered || filter.Fits(connection)));
        // Services may be gone before their connections are; a name that nothing has is a typing error.
        var talk = Watching.TalkOf(request.Watch, output, surroundings);
        IReadOnlyList<string> missing = [];
        if (!isFiltered && (fitting.Count == 0 || filter.HasNames))
        {
            (missing, string? noneThere) = await MissingAsync(admin, filter, fitting, cancellation);
            if (missing.Count > 0 && fitting.Count == 0) throw new AdminException(string.Join("; ", missing), ExitCode.Failed);
            if (noneThere is not null) await Watching.SayAsync(talk, surroundings, noneThere);
        }

        if (request.Json)
        {
            using var filtered = isFiltered ? null : filter.Of(json, "connections");
            AskingCommand.WriteJson(output, (filtered ?? json).RootElement);
            return await EndAsync();
        }

        var table = ConnectionTable.Of(fitting).Sorted(request.SortBy);
        // Of a screen that is redrawn the time shows that it is.
        string at = talk == output ? string.Create(CultureInfo.InvariantCulture, $" at {surroundings.Time.GetUtcNow():HH:mm:ss}Z") : "";
        if (table.IsEmpty) await Watching.SayAsync(talk, surroundings, $"no connections{at}");
        else table.Write(output, Screen.Of(surroundings));
        return await EndAsync();

        async Task<int> EndAsync()
        {
            await Watching.SayAsync(talk, surroundings, missing);
            return missing.Count > 0 ? ExitCode.Failed : ExitCode.Done;
        }
    }

    private static async Task<(IReadOnlyList<string> Missing, string? NoneThere)> MissingAsync(
        AdminClient admin, ServiceFilter filter, List<ConnectionItem> fitting, CancellationToken cancellation)
    {
        using var json = await admin.GetAsync("/v1/services", cancellation);
        var list = admin.Read(json, AdminJson.Default.ServiceList);
        if (list.Revision == 0) return ([], null);
        List<ServiceItem> services = [.. list.Services];
        return (filter.Missing(services, list.LeftOut, fitting), fitting.Count > 0 ? null : filter.NoneInNamespace(services, list.LeftOut));
    }
}

/// <summary>What <c>connections</c> was asked.</summary>
/// <param name="Filter">Of which Services.</param>
/// <param name="Client">Of one client; null for all.</param>
/// <param name="Json">For a program instead of a person.</param>
/// <param name="SortBy">A column.</param>
/// <param name="Watch">It is redrawn.</param>
internal sealed record ConnectionsRequest(ServiceFilter Filter, string? Client, bool Json, string? SortBy, bool Watch);
