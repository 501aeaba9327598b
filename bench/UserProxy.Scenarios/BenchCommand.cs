using System.CommandLine;
using System.Globalization;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Paths;
using UserProxy.Scenarios.Scenarios;

namespace UserProxy.Scenarios;

/// <summary>The command line: options to <see cref="RunSettings"/>, then <see cref="BenchRun"/>.</summary>
internal static class BenchCommand
{
    public const int BadUsage = 64;

    private static readonly string[] Programs = [Tool.HAProxy.Name, Tool.NginxStream.Name, Tool.Envoy.Name];

    public static RootCommand Make()
    {
        var quick = new Option<bool>("--quick") { Description = "Two minutes: the paths and scenarios that matter most, one turn each, so no spread." };
        var smoke = new Option<bool>("--smoke") { Description = "Seconds: whether everything still works. Its figures mean nothing." };
        var only = new Option<string[]>("--only") { Description = "These scenarios alone: names or their beginnings, with commas.", HelpName = "NAME,..." };
        var paths = new Option<string[]>("--paths") { Description = "These paths alone.", HelpName = "NAME,..." };
        var repeat = new Option<int?>("--repeat")
        {
            Description = $"How often each path takes its turn. Default: {RunSettings.FullRepeats}, quick and smoke 1.",
            HelpName = "N",
        };
        var seconds = new Option<int?>("--seconds") { Description = $"Of each load. Default: {RunSettings.FullSeconds}, quick and smoke 1.", HelpName = "N" };
        var output = new Option<string>("--out")
        {
            Description = "Folder for report.json, report.md and report.html. Default: bench-report.",
            HelpName = "DIR",
            DefaultValueFactory = _ => "bench-report",
        };
        var before = new Option<string?>("--before")
        {
            Description = "The executable of another build of userproxy: side by side with this one as --paths userproxy-before,userproxy-epoll.",
            HelpName = "FILE",
        };
        var jit = new Option<bool>("--jit")
        {
            Description = "Measure the build of userproxy beside this program, compiled while it runs. Default: the native executable, published first.",
        };
        var program = new Option<string[]>("--program")
        {
            Description = $"This executable of a peer instead of PATH's: {string.Join(", ", Programs)}. bench/peers fetches today's.",
            HelpName = "NAME=FILE",
        };
        var resume = new Option<bool>("--resume")
        {
            Description = "Go on with the run that was interrupted in the folder of --out: the same command line, machine, tools and builds.",
        };
        var compare = new Option<string?>("--compare")
        {
            Description = "Show each row beside that of this earlier report.json, with a verdict where they differ by more than their spread.",
            HelpName = "FILE",
        };
        var from = new Option<string?>("--from")
        {
            Description = "Measure nothing: draw this report.json anew, with --compare beside another. Needs no root.",
            HelpName = "FILE",
        };
        var anyControl = new Option<bool>("--any-congestion-control")
        {
            Description = "Measure also where namespaces can have neither CUBIC nor Reno, and bodies are timed by TCP's own clock.",
        };
        var list = new Option<bool>("--list") { Description = "Print the names of paths and scenarios, and end." };
        var plant = new Option<int>("--plant-delay")
        {
            Description = "Milliseconds that the path 'planted' sleeps.",
            DefaultValueFactory = _ => 2,
            Hidden = true,
        };
        var command = new RootCommand(
            "Measures what a Service costs: without a proxy, by kube-proxy's rules, by other proxies, by userproxy. In network namespaces of its own; needs "
                + "root.")
        {
            quick, smoke, only, paths, repeat, seconds, output, resume, compare, from, before, program, jit, anyControl, list, plant,
        };
        command.SetAction(async (parsed, stop) =>
        {
            var size = parsed.GetValue(smoke) ? RunSize.Smoke : parsed.GetValue(quick) ? RunSize.Quick : RunSize.Full;
            if (Pairs(parsed.GetValue(program), out var programs) is { } wrong)
            {
                await Console.Error.WriteLineAsync(wrong);
                return BadUsage;
            }

            var settings = new RunSettings
            {
                Programs = programs,
                Size = size,
                Only = Words(parsed.GetValue(only)),
                Paths = Words(parsed.GetValue(paths)),
                Repeats = parsed.GetValue(repeat) ?? (size == RunSize.Full ? RunSettings.FullRepeats : 1),
                Seconds = parsed.GetValue(seconds) ?? (size == RunSize.Full ? RunSettings.FullSeconds : 1),
                PlantDelay = parsed.GetValue(plant),
                IsJit = parsed.GetValue(jit),
                IsResumed = parsed.GetValue(resume),
                Compare = parsed.GetValue(compare) is { } old ? Path.GetFullPath(old) : null,
                From = parsed.GetValue(from) is { } drawn ? Path.GetFullPath(drawn) : null,
                AllowsAnyCongestionControl = parsed.GetValue(anyControl),
                Before = parsed.GetValue(before) is { } file ? Path.GetFullPath(file) : null,
                Out = Path.GetFullPath(parsed.GetValue(output)!),
                Command = "dotnet run -c Release --project bench/UserProxy.Scenarios -- " + string.Join(' ', parsed.Tokens.Select(token => token.Value)),
            };
            if (parsed.GetValue(list)) return List(settings);
            if (Mistake(settings) is { } mistake)
            {
                await Console.Error.WriteLineAsync(mistake);
                return BadUsage;
            }

            return await BenchRun.RunAsync(settings, stop);
        });
        return command;
    }

    private static string[] Words(string[]? values) =>
        [.. (values ?? []).SelectMany(value => value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];

    /// <summary>What is wrong with a pair; null for nothing.</summary>
    internal static string? Pairs(string[]? values, out Dictionary<string, string> programs)
    {
        programs = [];
        foreach (string value in Words(values))
        {
            if (value.Split('=', 2) is not [var name, var file]) return $"--program: {value} is not NAME=FILE";
            if (!Programs.Contains(name)) return $"--program: no peer {name}; there are {string.Join(", ", Programs)}";
            if (!File.Exists(file)) return $"--program: there is no file {file}";
            programs[name] = Path.GetFullPath(file);
        }

        return null;
    }

    private static string? Mistake(RunSettings settings)
    {
        string[] paths = [.. AllPaths.Make(settings).Select(path => path.Name)], scenarios = [.. AllScenarios.Make().Select(scenario => scenario.Name)];
        if (settings.Paths.FirstOrDefault(name => !paths.Contains(name)) is { } path) return $"--paths: no path {path}; there are {string.Join(", ", paths)}";
        if (settings.Only.FirstOrDefault(name => !scenarios.Any(each => each.StartsWith(name, StringComparison.Ordinal))) is { } scenario)
            return $"--only: no scenario {scenario}; there are {string.Join(", ", scenarios)}";
        if (settings.Before is not null && !File.Exists(settings.Before)) return $"--before: there is no file {settings.Before}";
        if (settings.Before is null && settings.Paths.Contains(UserProxyBeforePath.PathName))
            return $"--paths {UserProxyBeforePath.PathName}: --before names the executable";
        if (settings.Repeats is < 1 or > 100) return "--repeat: 1 to 100";
        if (settings.Seconds is < 1 or > 600) return "--seconds: 1 to 600";
        if (settings.From is not null) return null;
        return Environment.IsPrivilegedProcess ? null : "network namespaces need root: run it as root, or with sudo";
    }

    private static int List(RunSettings settings)
    {
        foreach (var path in AllPaths.Make(settings).Where(path => !path.IsHidden))
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"path      {path.Name,-22} {path.Info.Setup}"));
        foreach (var scenario in AllScenarios.Make())
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"scenario  {scenario.Name,-22} {scenario.Title}"));
        return 0;
    }
}
