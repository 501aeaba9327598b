using System.CommandLine;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin.Messages;

namespace UserProxy.App.List;

/// <summary><c>list [NS/NAME]</c>: what a running proxy serves.</summary>
internal static class ListCommand
{
    private const string Examples = """
          userproxy list
              every Service port with its addresses, and whether they listen
          userproxy list default/web -o wide
              one Service, with its endpoints and why an address does not listen
          userproxy list --stats
              every endpoint with its connections and bytes
          userproxy list -o json
              for programs; the schema is docs/schemas/list.v1.json
          userproxy list -o ipvs --stats
              as ipvsadm -Ln --stats would print it
        """;

    public static Command Create(Surroundings surroundings)
    {
        var service = new Argument<string>("NS/NAME")
        {
            HelpName = "NS/NAME",
            Description = "One Service, or one port of it (NS/NAME:PORT). Default: all.",
            Arity = ArgumentArity.ZeroOrOne,
        }
            .CompletesServices(surroundings);
        var output = AskingCommand.OutputOption("table", "wide", "json", "yaml", "ipvs");
        var stats = new Option<bool>("--stats")
        {
            Description = "Tables of endpoints with their counters; with ipvs as ipvsadm's --stats. Always in json and yaml.",
        };
        var socket = AskingCommand.SocketOption();
        var command = new DocumentedCommand("list", "Show what the running proxy serves.", Examples) { service, output, stats, socket };
        command.SetAction((parse, cancellation) =>
            RunAsync(parse.GetValue(service), parse.GetValue(output)!, parse.GetValue(stats), parse.GetValue(socket), surroundings, cancellation));
        return command;
    }

    private static Task<int> RunAsync(string? service, string format, bool stats, string? socket, Surroundings surroundings, CancellationToken cancellation)
    {
        if (service is not null && !ServiceRef.TryParse(service, out _))
            return AskingCommand.RejectAsync($"'{service}': expected {ServiceRef.Shape}, such as default/web", surroundings);
        return AskingCommand.AskAsync(socket, surroundings, async client =>
        {
            using var json = await client.GetAsync(service is null ? "/v1/services" : $"/v1/services?service={Uri.EscapeDataString(service)}", cancellation);
            if (format == "json") AskingCommand.WriteJson(surroundings.Out, json.RootElement);
            else if (format == "yaml") YamlText.Write(surroundings.Out, json.RootElement);
            else Print(client.Read(json, AdminJson.Default.ServiceList), format, stats, surroundings);
        });
    }

    private static void Print(ServiceList list, string format, bool stats, Surroundings surroundings)
    {
        if (format == "ipvs")
        {
            IpvsListing.Write(surroundings.Out, list.Services, stats);
            return;
        }

        bool wide = format == "wide";
        var table = stats ? ServiceTables.Endpoints(list.Services, wide) : ServiceTables.Listeners(list.Services, wide);
        if (list.Revision == 0) surroundings.Error.WriteLine(PrintedLine.Of($"nothing is served yet: {list.Source} has not been listed"));
        else if (table.IsEmpty) surroundings.Error.WriteLine(PrintedLine.Of($"{list.Source} declares no {(stats ? "endpoints" : "Services")} for this node"));
        else table.Write(surroundings.Out);
    }
}
