using System.CommandLine;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Model;

namespace UserProxy.App.Connections;

/// <summary><c>connections</c>: who is connected through a running proxy, and to which endpoint.</summary>
internal static class ConnectionsCommand
{
    private const string Examples = """
          userproxy connections
              every live connection: client, listener, endpoint, age, idle time, bytes
          userproxy connections --service default/web --client 127.0.0.1
              those of one Service and one client
          userproxy connections -o json
        """;

    public static Command Create(Surroundings surroundings)
    {
        var output = AskingCommand.OutputOption("table", "json");
        var service = new Option<string>("--service")
        {
            Description = "Only connections to this Service; it may be gone already.",
            HelpName = "NS/NAME",
        }.CompletesServices(surroundings);
        var client = new Option<string>("--client") { Description = "Only connections from this address.", HelpName = "IP" };
        var socket = AskingCommand.SocketOption();
        var command = new DocumentedCommand("connections", "Show the live connections of the running proxy.", Examples) { output, service, client, socket };
        command.SetAction((parse, cancellation) =>
            RunAsync(parse.GetValue(output)!, parse.GetValue(service), parse.GetValue(client), parse.GetValue(socket), surroundings, cancellation));
        return command;
    }

    private static Task<int> RunAsync(string format, string? service, string? client, string? socket, Surroundings surroundings, CancellationToken cancellation)
    {
        if (service is not null && !ServiceRef.TryParse(service, out _))
            return AskingCommand.RejectAsync($"--service: '{service}': expected {ServiceRef.Shape}, such as default/web", surroundings);
        if (client is not null && !AddressText.TryParse(client, out _))
            return AskingCommand.RejectAsync($"--client: '{client}' is no IP address", surroundings);
        return AskingCommand.AskAsync(socket, surroundings, async admin =>
        {
            string query = $"service={Uri.EscapeDataString(service ?? "")}&client={Uri.EscapeDataString(client ?? "")}";
            using var json = await admin.GetAsync($"/v1/connections?{query}", cancellation);
            if (format == "json")
            {
                AskingCommand.WriteJson(surroundings.Out, json.RootElement);
                return;
            }

            var table = ConnectionTable.Of(admin.Read(json, AdminJson.Default.ConnectionList).Connections);
            if (table.IsEmpty) await surroundings.Error.WriteLineAsync("no connections");
            else table.Write(surroundings.Out);
        });
    }
}
