using System.CommandLine;
using UserProxy.App.Demo;

namespace UserProxy.App.Commands;

/// <summary><c>demo</c>: the proxy at work without a cluster and without root.</summary>
internal static class DemoCommand
{
    public const string Name = "demo";

    public const string Examples = """
          userproxy demo
              then, elsewhere: curl 127.0.0.1:30080; here: k 1 kills backend 1, r 1 revives it
          userproxy demo --script
              the same without hands: kills and revives a backend under requests, exit code 1 if one failed
          userproxy demo --seconds 60 --port 31000
        """;

    public static Command Create(Surroundings surroundings)
    {
        var seconds = new Option<int?>("--seconds") { Description = "End by itself after so long. Default: at SIGINT or q.", HelpName = "N" };
        var port = new Option<int?>("--port") { Description = $"The NodePort. Default: {DemoOptions.UsualPort}, or a free one when that is taken.", HelpName = "N" };
        var script = new Option<bool>("--script") { Description = "Send requests, kill a backend, revive it, print a summary." };
        RejectOutside(seconds, 1, 86400);
        RejectOutside(port, 1, 65535);
        var command = new Command(Name, "Try it: three HTTP backends, one Service, the real proxy, and a live table.") { seconds, port, script };
        command.SetAction((parse, cancellation) => DemoRun.RunAsync(
            new DemoOptions(parse.GetValue(port), parse.GetValue(seconds) is { } limit ? TimeSpan.FromSeconds(limit) : null, parse.GetValue(script)), surroundings, cancellation));
        return command;
    }

    private static void RejectOutside(Option<int?> option, int least, int most) => option.Validators.Add(result =>
    {
        if (result.Errors.Any() || result.GetValueOrDefault<int?>() is not { } value) return;
        if (value < least || value > most) result.AddError($"{option.Name}: {value} is not allowed here; expected a whole number from {least} to {most}");
    });
}
