using System.CommandLine;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Model;

namespace UserProxy.App.Explain;

/// <summary><c>explain NS/NAME[:PORT]</c>: where the next connection goes, and why.</summary>
internal static class ExplainCommand
{
    private const string Examples = """
          userproxy explain default/web
              each address and endpoint of the Service, and where a connection from this node would go
          userproxy explain default/web:80 --from 192.0.2.7
              one port (by name or number), for one client
          userproxy explain default/web -o json
        """;

    public static Command Create(Surroundings surroundings)
    {
        var service = new Argument<string>("NS/NAME[:PORT]")
        {
            HelpName = "NS/NAME[:PORT]",
            Description = "The Service, or one port of it by name or number.",
        }.CompletesServices(surroundings);
        var from = new Option<string>("--from") { Description = "The client's address. Default: a process of this node.", HelpName = "IP" };
        var output = AskingCommand.OutputOption("text", "json");
        var socket = AskingCommand.SocketOption();
        var command = new DocumentedCommand("explain", "Show where the next connection to a Service would go, and why.", Examples)
        {
            service,
            from,
            output,
            socket,
        };
        command.SetAction((parse, cancellation) =>
            RunAsync(parse.GetValue(service)!, parse.GetValue(from), parse.GetValue(output)!, parse.GetValue(socket), surroundings, cancellation));
        return command;
    }

    private static Task<int> RunAsync(string service, string? from, string format, string? socket, Surroundings surroundings, CancellationToken cancellation)
    {
        if (!ServiceRef.TryParse(service, out _))
            return AskingCommand.RejectAsync($"'{service}': expected {ServiceRef.Shape} or {ServiceRef.Shape}:PORT, such as default/web:80", surroundings);
        if (from is not null && !AddressText.TryParse(from, out _)) return AskingCommand.RejectAsync($"--from: '{from}' is no IP address", surroundings);
        return AskingCommand.AskAsync(socket, surroundings, async client =>
        {
            using var json = await client.GetAsync(
                $"/v1/explain?service={Uri.EscapeDataString(service)}&from={Uri.EscapeDataString(from ?? "")}", cancellation);
            if (format == "json") AskingCommand.WriteJson(surroundings.Out, json.RootElement);
            else ExplanationText.Write(surroundings.Out, client.Read(json, AdminJson.Default.Explanation));
        });
    }
}
