using System.CommandLine;
using UserProxy.App.CommandLine;
using UserProxy.App.Configuration;

namespace UserProxy.App.Demo;

/// <summary><c>demo</c>: the proxy at work without a cluster and without root.</summary>
internal static class DemoCommand
{
    private const string Examples = """
          userproxy demo
              then, elsewhere: curl 127.0.0.1:30080; here: k 1 kills backend 1, r 1 revives it
          userproxy demo --script
              the same without hands: kills and revives a backend under requests, exit code 1 if one failed
          userproxy demo --manifests services.yaml
              Services of your own, with a backend for each endpoint on 127.0.0.1
          userproxy demo --script --record demo.svg
              an animated picture of it
          userproxy demo --seconds 60 --port 31000
        """;

    public static Command Create(Surroundings surroundings)
    {
        var seconds = NumberOption("--seconds", "End by itself after so long. Default: at SIGINT or q.", 86400);
        var port = NumberOption("--port", $"The NodePort. Default: {DemoOptions.UsualPort}, or a free one when that is taken.", 65535);
        var script = new Option<bool>("--script") { Description = "Send requests, kill a backend, revive it, print a summary." };
        var manifests = new Option<string[]>("--manifests")
        {
            Description = "Services and EndpointSlices to serve instead, followed while you edit them. Repeatable.",
            HelpName = "PATH",
        };
        var record = new Option<string>("--record") { Description = "With --script: write an animated SVG of it.", HelpName = "FILE" };
        var command = new DocumentedCommand("demo", "Try it: three HTTP backends, one Service, the real proxy, and a live table.", Examples)
        {
            seconds,
            port,
            script,
            manifests,
            record,
        };
        command.SetAction((parse, cancellation) =>
        {
            TimeSpan? limit = parse.GetValue(seconds) is { } number ? TimeSpan.FromSeconds(number) : null;
            var options = new DemoOptions(parse.GetValue(port), limit, parse.GetValue(script))
            {
                Manifests = parse.GetValue(manifests) ?? [],
                Record = parse.GetValue(record),
            };
            if (options is { Record: not null, Script: false }) return AskingCommand.RejectAsync("--record: only with --script", surroundings);
            if (options is { Manifests.Count: > 0, Port: not null })
                return AskingCommand.RejectAsync("--port: with --manifests the port is theirs", surroundings);
            return DemoRun.RunAsync(options, surroundings, cancellation);
        });
        return command;
    }

    private static Option<int?> NumberOption(string flag, string description, int most) => new(flag)
    {
        Description = description,
        HelpName = "N",
        // The library's own message would name the .NET type.
        CustomParser = result =>
        {
            try
            {
                return SettingValues.Number(result.Tokens[0].Value, 1, most);
            }
            catch (FormatException e)
            {
                result.AddError($"{flag}: {e.Message}");
                return null;
            }
        },
    };
}

/// <summary>What the user asked of the demo. <paramref name="Port"/> null: the usual one, or a free one; <paramref name="Limit"/> null: until told.</summary>
internal sealed record DemoOptions(int? Port, TimeSpan? Limit, bool Script)
{
    public const int UsualPort = 30080;

    /// <summary>Instead of the demo's own Service.</summary>
    public IReadOnlyList<string> Manifests { get; init; } = [];

    /// <summary>Where the picture of the script goes; null: nowhere.</summary>
    public string? Record { get; init; }
}
