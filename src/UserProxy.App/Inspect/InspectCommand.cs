using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.App.CommandLine;
using UserProxy.App.Configuration;
using UserProxy.App.Inspect.All;
using UserProxy.App.Run;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;
using UserProxy.Policy;

namespace UserProxy.App.Inspect;

/// <summary>
/// <c>inspect PORT</c> and <c>inspect --all</c>: who really handles a port of this node, or each of them, whichever program it is, with or without a running
/// proxy.
/// </summary>
internal static class InspectCommand
{
    private const string Examples = """
          userproxy inspect 30080
              does a process accept (exit code 0), does somebody only hold the port or accept in
              vain (1), does NAT answer, or nobody (2)?
          sudo userproxy inspect 30080 --watch
              every two seconds, with the names of all processes and the rules of the kernel
          userproxy inspect 443 --address 10.96.0.1 -o json
              a ClusterIP, for a script
          userproxy inspect 53 --udp
              as far as it can be known without a datagram; of its own ports the running userproxy is asked
          userproxy inspect 30080 --no-probe
              by looking alone: no test connection
          sudo userproxy inspect --all
              every listening socket of this node: what is stuck or unserved, whose it is, and
              which clients and Services it concerns
          sudo userproxy inspect --all -o json > monday.json
              for a later look: inspect --all --diff monday.json says what has changed since
          userproxy inspect --all --manifests services.yaml
              with the names of Services where no userproxy runs
        """;

    private const string Usage = "(userproxy inspect --help)";

    public static Command Create(Surroundings surroundings)
    {
        var port = new Argument<int?>("PORT")
        {
            Description = "The port.",
            Arity = ArgumentArity.ZeroOrOne,
            CustomParser = result => result.Tokens.Count == 0
                ? null
                : Parsed<int?>(result, "PORT", ToPort),
        };
        var all = new Option<bool>("--all") { Description = "Every listening socket of this node, TCP and UDP, by looking alone." };
        var diff = new Option<string>("--diff")
        {
            Description = "With --all: what is not as it was in this report, which -o json has written; '-' for standard input.",
            HelpName = "FILE",
        };
        var probe = new Option<bool>("--probe")
        {
            Description = "With --all: a test connection to each port of which nothing else shows whether anybody accepts.",
        };
        var manifests = new Option<string[]>("--manifests")
        {
            Description = "With --all: files or folders with the Services, where no userproxy runs. Repeatable.",
            HelpName = "PATH",
        };
        var kubeconfig = new Option<string>("--kubeconfig")
        {
            Description = "With --all: the cluster with the Services, where no userproxy runs.",
            HelpName = "FILE",
        };
        var udp = new Option<bool>("--udp") { Description = "The UDP port instead of the TCP port." };
        var address = new Option<IPAddress?>("--address")
        {
            Description = "Only at this address. Default: where it is listened on; where nobody listens, loopback and the node's own addresses.",
            HelpName = "IP",
            CustomParser = result => Parsed(result, "--address", ToAddress),
        };
        var noProbe = new Option<bool>("--no-probe") { Description = "Make no test connection (which sends no bytes, but is a connection)." };
        var watch = new Option<bool>("--watch", "-w") { Description = "Look every 2 s until SIGINT." };
        var output = AskingCommand.OutputOption("text", "json");
        var socket = AskingCommand.SocketOption();
        socket.Description = "Of the userproxy to ask about its own ports, if one runs. Default: $USERPROXY_ADMIN_SOCKET, else as for run.";
        var command = new DocumentedCommand(
            "inspect", "Who really handles a port on this node: a process that accepts, one that only holds it, kernel NAT, or nobody. With --all: what is "
                + "stuck or unserved at any port; exit code 1 when something is.", Examples)
        {
            port, udp, address, noProbe, watch, all, diff, probe, manifests, kubeconfig, output, socket,
        };
        Option[] ofOne = [udp, address, noProbe, watch], ofAll = [diff, probe, manifests, kubeconfig];
        command.SetAction((parse, cancellation) =>
        {
            bool json = parse.GetValue(output) == "json";
            if (!parse.GetValue(all))
            {
                if (ofAll.FirstOrDefault(Given) is { } needsAll) return AskingCommand.RejectAsync($"{needsAll.Name} goes with --all {Usage}", surroundings);
                if (parse.GetValue(port) is not { } number)
                    return AskingCommand.RejectAsync($"Required argument missing: PORT, or --all for every port {Usage}", surroundings);
                var options = new InspectOptions(
                    number, parse.GetValue(udp) ? TransportProtocol.Udp : TransportProtocol.Tcp, parse.GetValue(address), Probe: !parse.GetValue(noProbe),
                    parse.GetValue(watch), parse.GetValue(socket), json);
                return RunAsync(options, surroundings, cancellation);
            }

            if (parse.GetValue(port) is not null) return AskingCommand.RejectAsync($"--all is every port: without PORT {Usage}", surroundings);
            if (ofOne.FirstOrDefault(Given) is { } needsPort)
                return AskingCommand.RejectAsync($"{needsPort.Name} goes with PORT, not with --all {Usage}", surroundings);
            if (parse.GetValue(kubeconfig) is not null && parse.GetValue(manifests) is { Length: > 0 })
                return AskingCommand.RejectAsync($"--manifests and --kubeconfig exclude each other {Usage}", surroundings);
            var everything = new InspectAllOptions(
                parse.GetValue(diff), parse.GetValue(probe), parse.GetValue(socket), parse.GetValue(manifests) ?? [], parse.GetValue(kubeconfig), json);
            return RunAllAsync(everything, surroundings, cancellation);

            bool Given(Option option) => parse.GetResult(option) is { Implicit: false };
        });
        return command;
    }

    /// <summary>As the command would look at this machine; also for <c>sysdump</c>.</summary>
    internal static InspectAllRun CreateAllRun(InspectAllOptions options, Surroundings surroundings) => new(
        options,
        surroundings,
        UserNames.Read(),
        stop => NodeInspector.LookAsync(new NodeQuestion { OwnAddresses = OwnAddresses() }, surroundings.Time, stop),
        (addresses, stop) => NodeInspector.ProbeAsync(addresses, surroundings.Time, stop));

    private static async Task<int> RunAllAsync(InspectAllOptions options, Surroundings surroundings, CancellationToken cancellation)
    {
        if (!OperatingSystem.IsLinux())
        {
            await surroundings.ComplainAsync("inspect reads the tables of a Linux kernel, and this is none");
            return VerdictExitCode.Other;
        }

        try
        {
            return await CreateAllRun(options, surroundings).RunAsync(cancellation);
        }
        catch (Exception e) when (e is not UnwrittenException)
        {
            // As for one port: 1 would mean that something is stuck.
            await ComplainAsync(surroundings, e.ToString());
            return VerdictExitCode.Other;
        }
    }

    private static async Task<int> RunAsync(InspectOptions options, Surroundings surroundings, CancellationToken cancellation)
    {
        if (!OperatingSystem.IsLinux())
        {
            await surroundings.ComplainAsync("inspect reads the tables of a Linux kernel, and this is none");
            return VerdictExitCode.Other;
        }

        // A watch ends by a signal, and with the exit code of its last verdict.
        using var signals = options.Watch ? StopSignals.Listen(NullLogger.Instance, TimeSpan.Zero, surroundings.Time, cancellation, hangupStops: true) : null;
        var question = new PortQuestion
        {
            Port = options.Port,
            Protocol = options.Protocol,
            Address = options.Address,
            Probe = options.Probe,
            OwnAddresses = OwnAddresses(),
        };
        var run = new InspectRun(
            options, surroundings, UserNames.Read(), (asked, stop) =>
                PortInspector.LookAsync(asked, surroundings.Time, stop), (asked, stop) => ServedPort.AskAsync(asked, options.AdminSocket, surroundings, stop));
        try
        {
            return await run.RunAsync(question, options.Watch ? null : 1, signals?.Stop ?? cancellation);
        }
        catch (Exception e) when (e is not UnwrittenException)
        {
            // A defect; but 1, which the caller of all commands would make of it, means "placeholder" or "unserved" here. An output that cannot be written is
            // left to that caller: it is 1 for every command.
            await ComplainAsync(surroundings, e.ToString());
            return VerdictExitCode.Other;
        }
    }

    private static async Task ComplainAsync(Surroundings surroundings, string complaint)
    {
        try
        {
            await surroundings.ComplainAsync(complaint);
        }
        catch (IOException)
        {
            // Both are closed: the exit code is all that is left.
        }
    }

    private static IReadOnlyList<IPAddress> OwnAddresses()
    {
        try
        {
            return InterfaceAddresses.ToServeAt();
        }
        catch (Exception e) when (InterfaceAddresses.AreUnreadable(e))
        {
            return [];
        }
    }

    private static int? ToPort(string text) =>
        WhatWasMeant.By(text) is { } meant ? throw new FormatException(meant) : SettingValues.Number(text, 1, IPEndPoint.MaxPort);

    private static IPAddress? ToAddress(string text)
    {
        if (!AddressText.TryParse(text, out var address))
            throw new FormatException($"'{text}' is not allowed here; expected an address such as 10.0.0.1 or fd00::1");
        // As a destination the kernel takes it for loopback; who copies it from ss means the listener.
        if (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            throw new FormatException($"'{text}' stands for every address, which is what is looked at without --address");
        return address;
    }

    // The library's own message would name the .NET type.
    private static T? Parsed<T>(ArgumentResult result, string name, Func<string, T?> read)
    {
        try
        {
            return read(result.Tokens[0].Value);
        }
        catch (FormatException e)
        {
            result.AddError($"{name}: {e.Message}");
            return default;
        }
    }
}

/// <summary>What <c>inspect</c> was asked on the command line.</summary>
/// <param name="Port">1 to 65535.</param>
/// <param name="Protocol">TCP, or UDP with <c>--udp</c>.</param>
/// <param name="Address">Only this one; null for all that the port has.</param>
/// <param name="Probe">A test connection may be made.</param>
/// <param name="Watch">Again and again, until stopped.</param>
/// <param name="AdminSocket">Of the userproxy to ask about its own ports; null for the usual one.</param>
/// <param name="Json">For a program instead of a person.</param>
internal sealed record InspectOptions(int Port, TransportProtocol Protocol, IPAddress? Address, bool Probe, bool Watch, string? AdminSocket, bool Json);
