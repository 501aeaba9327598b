using System.CommandLine;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin.Messages;

namespace UserProxy.App.List;

/// <summary><c>list [[NS/]NAME...]</c>: what a running proxy serves.</summary>
internal static class ListCommand
{
    private const string Examples = """
          userproxy list
              every Service port with its addresses, whether they listen, and how many
              endpoints answer
          userproxy list default/web -o wide
              one Service, with its endpoints and why an address does not listen
          userproxy list svc/web -n default
              the same name as kubectl takes it
          userproxy list -n default --watch
              one namespace, redrawn every two seconds
          userproxy list --stats --sort-by failed
              every endpoint with its state, connections and bytes; those with the most
              failed dials first
          userproxy list -o json
              for programs; the schema is docs/schemas/list.v1.json
          userproxy list -o ipvs --stats
              as ipvsadm -Ln --stats would print it; so --rate
          userproxy list -o ipvs --connection
              as ipvsadm -Lnc
          userproxy list -o ipvs --timeout
              as ipvsadm -L --timeout
        """;

    public static Command Create(Surroundings surroundings)
    {
        var services = AskingCommand.ServicesArgument(
            "Services, single ports of them ([NS/]NAME:PORT), or the number of a port that one serves. Default: all.", surroundings);
        var space = AskingCommand.NamespaceOption();
        var all = AskingCommand.AllNamespacesOption();
        var output = AskingCommand.OutputOption("table", "wide", "json", "yaml", "ipvs");
        var stats = new Option<bool>("--stats")
        {
            Description = "Tables of endpoints with their states, counters and rates; with ipvs as ipvsadm's --stats. Always in json and yaml.",
        };
        var rate = new Option<bool>("--rate") { Description = "With ipvs: connections and bytes in a second, as ipvsadm's --rate." };
        var connection = new Option<bool>("--connection", "-c") { Description = "With ipvs: connections instead of Services, as ipvsadm's." };
        var timeout = new Option<bool>("--timeout") { Description = "With ipvs: how long idle connections are kept, as ipvsadm's." };
        var sort = AskingCommand.SortOption();
        var watch = AskingCommand.WatchOption();
        var socket = AskingCommand.SocketOption();
        var command = new DocumentedCommand("list", "Show what the running proxy serves.", Examples)
        {
            services, space, all, output, stats, rate, connection, timeout, sort, watch, socket,
        };
        command.SetAction((parse, cancellation) =>
        {
            string format = parse.GetValue(output)!;
            if (!ServiceFilter.TryParse(parse.GetValue(services) ?? [], parse.GetValue(space), parse.GetValue(all), out var filter, out string? problem))
                return AskingCommand.RejectAsync(problem, surroundings);
            if (parse.GetValue(watch) && format is "json" or "yaml") return AskingCommand.RejectAsync($"--watch: not with -o {format}", surroundings);
            string[] forms = [.. new[] { stats, rate, connection, timeout }.Where(parse.GetValue).Select(option => option.Name)];
            if (format != "ipvs" && forms.FirstOrDefault(form => form != "--stats") is { } alone)
                return AskingCommand.RejectAsync($"{alone}: only with -o ipvs", surroundings);
            if (forms.Length > 1) return AskingCommand.RejectAsync($"{string.Join(" and ", forms)}: one of them", surroundings);
            var request = new ListRequest(filter, format, forms.FirstOrDefault(), parse.GetValue(sort), parse.GetValue(watch));
            return AskingCommand.AskAsync(
                parse.GetValue(socket),
                surroundings,
                client => Watching.RunAsync(
                    parse.GetValue(watch), (output, stop) => PrintAsync(client, request, output, surroundings, stop), surroundings, cancellation));
        });
        return command;
    }

    private static async Task<int> PrintAsync(
        AdminClient client, ListRequest request, TextWriter output, Surroundings surroundings, CancellationToken cancellation)
    {
        var filter = request.Filter;
        if (request.Form is "--connection" or "--timeout")
        {
            await PrintIpvsAsync(client, request, output, cancellation);
            return ExitCode.Done;
        }

        string query = filter.Single is { } service ? $"?service={Uri.EscapeDataString(service.ToString())}" : "";
        using var json = await client.GetAsync($"/v1/services{query}", cancellation);
        var list = client.Read(json, AdminJson.Default.ServiceList);
        var services = list.Services.Where(filter.Fits).ToList();
        IReadOnlyList<string> missing = list.Revision > 0 ? filter.Missing([.. list.Services], list.LeftOut) : [];
        if (missing.Count > 0 && services.Count == 0) throw new AdminException(string.Join("; ", missing), ExitCode.Failed);
        var talk = Watching.TalkOf(request.Watch, output, surroundings);
        string? noneThere = list is { Revision: > 0, SourceTrouble: null } ? filter.NoneInNamespace(list.Services, list.LeftOut) : null;
        if (noneThere is not null && request.Format is not ("table" or "wide")) await SayAsync(noneThere);
        // Who names a Service asks for it; one that stops is refused everywhere, which is said.
        IReadOnlyList<string> unserved = filter.HasNames && !list.Draining ? [.. missing, .. ListFindings.Unserved(services, filter)] : [.. missing];
        // A number is asked for wherever it is: that of a ClusterIP may be of a hundred Services.
        bool isFault = missing.Count > 0 || (unserved.Count > 0 && (filter.Number is null || services.TrueForAll(ListFindings.IsUnserved)));
        int code = isFault ? ExitCode.Failed : CodeOf(list, services.Count > 0);
        if (request.Format is "json" or "yaml")
        {
            using var filtered = filter.IsAll ? null : filter.Of(json, "services");
            var root = (filtered ?? json).RootElement;
            if (request.Format == "json") AskingCommand.WriteJson(output, root);
            else YamlText.Write(output, root);
            await SayAsync(unserved);
            return code;
        }

        if (request.Format == "ipvs")
        {
            IpvsListing.Write(
                output, services,
                request.Form switch { "--stats" => IpvsColumns.Totals, "--rate" => IpvsColumns.Rates, _ => IpvsColumns.Weights });
            await SayAsync(unserved);
            return code;
        }

        bool wide = request.Format == "wide";
        bool withEndpoints = request.Form == "--stats";
        var table = (withEndpoints ? ServiceTables.Endpoints(services, wide, surroundings.Time.GetUtcNow()) : ServiceTables.Listeners(services, wide))
            .Sorted(request.SortBy);
        if (filter.IsOfOneNamespace) table.Hide("NAMESPACE");
        string source = list.Snapshot?.Of ?? list.Source;
        if (list.Snapshot is { } snapshot)
            await SayAsync($"served from a snapshot of {snapshot.WrittenAt:u}, as {snapshot.Of} has not been listed yet");
        await SayAsync([.. Freshness.LinesOf(list.SourceTrouble, list.Draining, surroundings.Time.GetUtcNow())]);
        if (list.Revision == 0) await SayAsync($"nothing is served yet: {source} has not been listed");
        else if (services.Count == 0 && list.SourceTrouble is not null)
            await SayAsync($"nothing is served: {source} could not be read");
        else if (table.IsEmpty)
            await SayAsync(
                noneThere ?? (filter.IsAll ? WhyNoneServed(list.LeftOut, source) : null)
                    ?? $"{source} declares no {(withEndpoints ? "endpoints" : "Services")} for this node{(filter.IsAll ? "" : " that fit")}");
        else table.Write(output, Screen.Of(surroundings));
        if (!withEndpoints && ServiceTables.WhyClusterIPsAreLeftOut(services) is { } leftOut) await SayAsync(leftOut);
        await SayAsync(ServiceTables.BadEnds(services));
        await SayAsync([.. unserved, .. services.Count > 0 ? ListFindings.SourceProblems(list, services, filter) : Array.Empty<string>()]);
        return code;

        Task SayAsync(params IEnumerable<string> lines) => Watching.SayAsync(talk, surroundings, lines);
    }

    /// <summary>Null where nothing is declared.</summary>
    private static string? WhyNoneServed(IReadOnlyList<LeftOutItem> leftOut, string source) =>
        leftOut.Count == 0 ? null
        : $"{source} declares {Amount.Of(leftOut.Count, "Service")}, of which nothing is served on this node"
            + $": {leftOut[0].Namespace}/{leftOut[0].Name}{(leftOut.Count > 1 ? ", for one" : "")}, as {leftOut[0].Reason}";

    /// <summary>An empty list of a source that nobody could read is no answer, and one before the first table is none yet.</summary>
    private static int CodeOf(ServiceList list, bool any) =>
        list.Revision == 0 ? ExitCode.Unreachable : !any && list.SourceTrouble is not null ? ExitCode.Failed : ExitCode.Done;

    private static async Task PrintIpvsAsync(AdminClient client, ListRequest request, TextWriter output, CancellationToken cancellation)
    {
        using var settings = await client.GetAsync("/v1/settings", cancellation);
        var timeouts = IpvsTimeouts.Of(client.Read(settings, AdminJson.Default.SettingsAnswer));
        if (request.Form == "--timeout")
        {
            timeouts.Write(output);
            return;
        }

        using var json = await client.GetAsync("/v1/connections", cancellation);
        IpvsConnections.Write(output, client.Read(json, AdminJson.Default.ConnectionList).Connections.Where(request.Filter.Fits), timeouts);
    }
}

/// <summary>What <c>list</c> was asked.</summary>
/// <param name="Filter">Which Services.</param>
/// <param name="Format">Of <c>-o</c>.</param>
/// <param name="Form">The one of <c>--stats</c>, <c>--rate</c>, <c>--connection</c> and <c>--timeout</c> that was given; null for none.</param>
/// <param name="SortBy">A column.</param>
/// <param name="Watch">It is redrawn.</param>
internal sealed record ListRequest(ServiceFilter Filter, string Format, string? Form, string? SortBy, bool Watch);
