using System.CommandLine;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin;
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
          userproxy explain web -n default
          userproxy explain default/web -o json
              exit code 1 when no connection to one of its ports would be served
        """;

    public static Command Create(Surroundings surroundings)
    {
        var service = NamedService.Argument(surroundings);
        var space = NamedService.NamespaceOption();
        var from = new Option<string>("--from") { Description = "The client's address. Default: a process of this node.", HelpName = "IP" };
        var output = AskingCommand.OutputOption("text", "json");
        var socket = AskingCommand.SocketOption();
        var command = new DocumentedCommand("explain", "Show where the next connection to a Service would go, and why.", Examples)
        {
            service,
            space,
            from,
            output,
            socket,
        };
        command.SetAction((parse, cancellation) => RunAsync(
            parse.GetValue(service)!, parse.GetValue(space), parse.GetValue(from), parse.GetValue(output)!, parse.GetValue(socket), surroundings,
            cancellation));
        return command;
    }

    private static Task<int> RunAsync(
        string service, string? space, string? from, string format, string? socket, Surroundings surroundings, CancellationToken cancellation)
    {
        if (!ServiceFilter.TryParse([service], space, all: false, out var filter, out string? problem)) return AskingCommand.RejectAsync(problem, surroundings);
        if (from is not null && !AddressText.TryParse(from, out _)) return AskingCommand.RejectAsync(AskingCommand.NoAddress("--from", from), surroundings);
        return AskingCommand.AskAsync(socket, surroundings, async client =>
        {
            var named = await NamedService.FindAsync(client, service, filter, cancellation);
            using var json = await client.GetAsync(
                $"/v1/explain?service={Uri.EscapeDataString(named.ToString())}&from={Uri.EscapeDataString(from ?? "")}", cancellation);
            var explanation = client.Read(json, AdminJson.Default.Explanation);
            if (format == "json") AskingCommand.WriteJson(surroundings.Out, json.RootElement);
            else ExplanationText.Write(surroundings.Out, explanation, surroundings.Time.GetUtcNow(), Screen.Of(surroundings));
            bool isServed = explanation.Ports.Any(port => port.Addresses.Count > 0) && explanation.Ports.All(IsServed);
            return isServed ? ExitCode.Done : ExitCode.Failed;
        });
    }

    /// <summary>
    /// The client is let in at one address whose endpoints do not all fail. A port without an address here, as of one family of two, has nothing to serve.
    /// </summary>
    private static bool IsServed(ExplainedPort port) =>
        port.Addresses.Count == 0
        || port.Addresses.Zip(port.Service.Listeners).Any(at => at.First.NextEndpoint is not null && at.Second.Health != ListenerHealth.Failing);
}
