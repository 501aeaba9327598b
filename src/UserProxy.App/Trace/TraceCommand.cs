using System.CommandLine;
using UserProxy.App.CommandLine;
using UserProxy.Model;

namespace UserProxy.App.Trace;

/// <summary><c>trace [[NS/]NAME[:PORT] or CLIENT[:PORT]]</c>: follows new connections as they come.</summary>
internal static class TraceCommand
{
    private const string Examples = """
          userproxy trace
              every new connection and UDP session of this node until Ctrl-C: where it came, which
              endpoint was chosen and why, each dial, first bytes, how it ended; filters for tcpdump
          userproxy trace default/web --count 1
              the next connection to one Service, from its arrival to its end
          userproxy trace 192.0.2.7 --seconds 30
              those of one client; also 192.0.2.7:51234, [2001:db8::7]:51234, 192.0.2.0/24
          userproxy trace web -n default -o json
              one JSON object a line
        """;

    public static Command Create(Surroundings surroundings)
    {
        var target = new Argument<string?>("TARGET")
        {
            HelpName = "[NS/]NAME[:PORT]|CLIENT[:PORT]",
            Description = "A Service, or one port of it, or the number of a port that one serves; or a client: an address, ADDRESS:PORT, [IPV6]:PORT or a "
                + "block such as 10.0.0.0/8. Default: all.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        target.CompletionSources.Add(_ => AskingCommand.Completions(surroundings));
        var space = NamedService.NamespaceOption();
        var count = new Option<int?>("--count") { Description = "End when the first so many have ended.", HelpName = "N" };
        var seconds = new Option<string>("--seconds") { Description = "End after so long, such as 30 or 2m. Exit code 1 when nothing came.", HelpName = "S" };
        var noFilters = new Option<bool>("--no-filters") { Description = "Without the filters for tcpdump and Wireshark." };
        var output = AskingCommand.OutputOption("text", "json");
        var socket = AskingCommand.SocketOption();
        var command = new DocumentedCommand(
            "trace", "Follow new connections live: arrival, choice of an endpoint, dials, first bytes, end; with filters to capture each.", Examples)
        {
            target, space, count, seconds, noFilters, output, socket,
        };
        command.SetAction((parse, cancellation) =>
        {
            string? typed = parse.GetValue(target);
            if (!TraceTarget.TryParse(typed, out var parsed))
                return AskingCommand.RejectAsync(PrintedLine.Of($"'{typed}': expected {TraceTarget.Shape}"), surroundings);
            if (parsed.Service is null && parse.GetValue(space) is { Length: > 0 } name)
                return AskingCommand.RejectAsync(PrintedLine.Of($"-n {name} goes with the name of a Service: userproxy trace {name}/NAME"), surroundings);
            if (parse.GetValue(count) is <= 0) return AskingCommand.RejectAsync("--count: expected a number above 0", surroundings);
            if (!TryReadTime(parse.GetValue(seconds), out var limit))
                return AskingCommand.RejectAsync(PrintedLine.Of($"--seconds: '{parse.GetValue(seconds)}': expected a time such as 30 or 2m"), surroundings);
            ServiceFilter? filter = null;
            if (parsed.Service is { } service && !ServiceFilter.TryParse([service], parse.GetValue(space), all: false, out filter, out string? problem))
                return AskingCommand.RejectAsync(problem, surroundings);
            var run = new TraceRun(
                parsed, filter, parse.GetValue(count), limit, parse.GetValue(output) == "json", !parse.GetValue(noFilters), surroundings);
            return AskingCommand.AskAsync(parse.GetValue(socket), surroundings, client => run.RunAsync(client, cancellation));
        });
        return command;
    }

    /// <summary>A number of seconds, or a duration as everywhere; null is without end.</summary>
    private static bool TryReadTime(string? text, out TimeSpan? limit)
    {
        limit = null;
        if (text is null) return true;
        bool isNumber = text.Length > 0 && text.All(letter => char.IsAsciiDigit(letter) || letter == '.');
        if (!GoDuration.TryParse(isNumber ? $"{text}s" : text, out var time) || time <= TimeSpan.Zero || time > TimeSpan.FromDays(40)) return false;
        limit = time;
        return true;
    }
}
