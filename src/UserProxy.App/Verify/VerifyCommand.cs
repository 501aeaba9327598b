using System.CommandLine;
using System.Net;
using UserProxy.App.CommandLine;
using UserProxy.App.Configuration;
using UserProxy.Model;

namespace UserProxy.App.Verify;

/// <summary><c>verify NS/NAME[:PORT]</c>: the steps of troubleshooting a Service, from its declaration to a connection through it, as one check.</summary>
internal static class VerifyCommand
{
    private const int DnsPort = 53;

    private const string Examples = """
          sudo userproxy verify default/web --dial --from-node
              every step, with a connection to each endpoint and through each address of the Service
          userproxy verify default/web
              without any connection
          userproxy verify default/web:80 --from 127.0.0.1
              one port (by name or number), for one client
          sudo userproxy verify default/web --kubeconfig ~/.kube/config
              with the selector, the Pods' conditions and NetworkPolicies, as far as that user may read them
          userproxy verify svc/web -n default
              as kubectl names it; web alone does, and so does a port that serves it: 30080
          userproxy verify web -o json
              exit code 1 with the first cause, 0 when nothing is wrong
        """;

    public static Command Create(Surroundings surroundings)
    {
        var service = NamedService.Argument(surroundings);
        var space = NamedService.NamespaceOption();
        var from = new Option<string>("--from") { Description = "The client to judge for. Default: a process of this node.", HelpName = "IP" };
        var fromNode = new Option<bool>("--from-node") { Description = "Make a connection of this node through each of its addresses (TCP; no byte is sent)." };
        var dial = new Option<bool>("--dial") { Description = "Dial its endpoints from this node (TCP; no byte is sent); of many a sample." };
        var kubeconfig = new Option<string>("--kubeconfig")
        {
            Description = "The cluster to read selectors, Pods and NetworkPolicies from. Default: that of KUBECONFIG or of this Pod, if it is the proxy's.",
            HelpName = "FILE",
        };
        var dns = new Option<string>("--dns") { Description = "The resolver to ask for its name. Default: kube-system/kube-dns.", HelpName = "IP[:PORT]" };
        var output = AskingCommand.OutputOption("text", "json");
        var socket = AskingCommand.SocketOption();
        var command = new DocumentedCommand(
            "verify", "Check step by step why a Service does not answer here: declaration, endpoints, listeners, kernel, policies, dials.", Examples)
        {
            service, space, from, fromNode, dial, kubeconfig, dns, output, socket,
        };
        command.SetAction((parse, cancellation) => RunAsync(
            new Typed(
                parse.GetValue(service)!, parse.GetValue(space), parse.GetValue(from), parse.GetValue(fromNode), parse.GetValue(dial),
                parse.GetValue(kubeconfig), parse.GetValue(dns), parse.GetValue(socket), parse.GetValue(output) == "json"),
            surroundings,
            cancellation));
        return command;
    }

    private static Task<int> RunAsync(Typed typed, Surroundings surroundings, CancellationToken cancellation)
    {
        if (!ServiceFilter.TryParse([typed.Service], typed.Space, all: false, out var filter, out string? problem))
            return AskingCommand.RejectAsync(problem, surroundings);
        IPAddress? from = null;
        if (typed.From is not null && !AddressText.TryParse(typed.From, out from))
            return AskingCommand.RejectAsync(AskingCommand.NoAddress("--from", typed.From), surroundings);
        IPEndPoint? dns = null;
        if (typed.Dns is not null && !TryParseServer(typed.Dns, out dns))
            return AskingCommand.RejectAsync($"--dns: '{typed.Dns}' is no address of a resolver, such as 10.96.0.10", surroundings);
        return AskingCommand.AskAsync(typed.Socket, surroundings, async client =>
        {
            var service = await NamedService.FindAsync(client, typed.Service, filter, cancellation);
            var request = new VerifyRequest(service, from, typed.Dial, typed.FromNode, typed.Kubeconfig, dns);
            return await VerifyAsync(request, client, typed.Json, surroundings, cancellation);
        });
    }

    private static async Task<int> VerifyAsync(
        VerifyRequest request, AdminClient client, bool json, Surroundings surroundings, CancellationToken cancellation)
    {
        try
        {
            var verification = Verification.Of(await new FactsReader(request, client, surroundings).ReadAsync(cancellation));
            if (json) await surroundings.Out.WriteLineAsync(VerifyJson.Write(verification));
            else new VerifyText(surroundings.Out, Screen.Of(surroundings)).Write(verification);
            return verification.FirstCause is null ? ExitCode.Done : ExitCode.Failed;
        }
        catch (ConfigurationException e)
        {
            await surroundings.ComplainAsync([.. e.Problems.Select(problem => PrintedLine.Of(problem))]);
            return ExitCode.BadUsage;
        }
    }

    /// <summary><c>IP</c>, <c>IP:PORT</c>, <c>[IPv6]:PORT</c>.</summary>
    private static bool TryParseServer(string text, out IPEndPoint? server)
    {
        server = AddressText.TryParse(text, out var address) ? new IPEndPoint(address, DnsPort) : null;
        return server is not null || (IPEndPoint.TryParse(text, out server) && server.Port > 0);
    }

    /// <summary>The command line, unchecked.</summary>
    private sealed record Typed(
        string Service, string? Space, string? From, bool FromNode, bool Dial, string? Kubeconfig, string? Dns, string? Socket, bool Json);
}
