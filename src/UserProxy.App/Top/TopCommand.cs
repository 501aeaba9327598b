using System.CommandLine;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Glance;
using UserProxy.Model;

namespace UserProxy.App.Top;

/// <summary><c>top</c>: the Services of a running proxy on a live screen, the busiest first.</summary>
internal static class TopCommand
{
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(200);

    private const string Examples = """
          userproxy top
              a live screen: Services by open connections; ? is help, q ends it
          userproxy top -n default --sort-by failures
              one namespace, those whose dials fail first
          userproxy top --interval 5s
              for a slow line
          userproxy top --sort-by rate | head
              without a terminal: one table of all Services
        """;

    public static Command Create(Surroundings surroundings)
    {
        var space = AskingCommand.NamespaceOption();
        var all = AskingCommand.AllNamespacesOption();
        var sort = new Option<string>("--sort-by")
        {
            Description = $"{string.Join(", ", GlanceQuery.Sorts)}; numbers from the largest, states from the worst",
            HelpName = "KEY",
            DefaultValueFactory = _ => "active",
        };
        sort.AcceptOnlyFromAmong([.. GlanceQuery.Sorts]);
        var interval = new Option<string>("--interval", "-d")
        {
            Description = "Between two looks",
            HelpName = "DURATION",
            DefaultValueFactory = _ => "1s",
        };
        var socket = AskingCommand.SocketOption();
        var command = new DocumentedCommand("top", "Watch the Services of the running proxy: connections, rates, failures, bytes.", Examples)
        {
            space, all, sort, interval, socket,
        };
        command.SetAction((parse, cancellation) =>
        {
            string text = parse.GetValue(interval)!;
            if (!GoDuration.TryParse(text, out var pause) || pause < ShortestInterval)
                return AskingCommand.RejectAsync(PrintedLine.Of($"--interval: '{text}' is not allowed here; expected a duration from 200ms on"), surroundings);
            string? only = parse.GetValue(all) || string.IsNullOrEmpty(parse.GetValue(space)) ? null : parse.GetValue(space);
            var request = new TopRequest(only, parse.GetValue(sort)!, pause);
            return AskingCommand.AskAsync(parse.GetValue(socket), surroundings, client => new TopRun(client, request, surroundings).RunAsync(cancellation));
        });
        return command;
    }
}
