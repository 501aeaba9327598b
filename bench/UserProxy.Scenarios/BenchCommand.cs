using System.CommandLine;
using System.Globalization;
using UserProxy.Scenarios.Paths;
using UserProxy.Scenarios.Scenarios;

namespace UserProxy.Scenarios;

/// <summary>The command line: options to <see cref="RunSettings"/>, then <see cref="BenchRun"/>.</summary>
internal static class BenchCommand
{
    public const int BadUsage = 64;

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
            quick, smoke, only, paths, repeat, seconds, output, before, jit, list, plant,
        };
        command.SetAction(async (parsed, stop) =>
        {
            var size = parsed.GetValue(smoke) ? RunSize.Smoke : parsed.GetValue(quick) ? RunSize.Quick : RunSize.Full;
            var settings = new RunSettings
            {
                Size = size,
                Only = Words(parsed.GetValue(only)),
                Paths = Words(parsed.GetValue(paths)),
                Repeats = parsed.GetValue(repeat) ?? (size == RunSize.Full ? RunSettings.FullRepeats : 1),
                Seconds = parsed.GetValue(seconds) ?? (size == RunSize.Full ? RunSettings.FullSeconds : 1),
                PlantDelay = parsed.GetValue(plant),
                IsJit = parsed.GetValue(jit),
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
