using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Paths;
using UserProxy.Scenarios.Scenarios;

namespace UserProxy.Scenarios.Running;

/// <summary>What of all paths and scenarios takes part: what was asked for, and of that what the tools on this machine allow.</summary>
/// <param name="Paths">In order.</param>
/// <param name="Scenarios">In order.</param>
/// <param name="Notes">What is missing, and what does not run because of it.</param>
internal sealed record Selection(IReadOnlyList<TrafficPath> Paths, IReadOnlyList<Scenario> Scenarios, IReadOnlyList<string> Notes)
{
    public static Selection Make(RunSettings settings, Func<Tool, bool>? isInstalled = null)
    {
        isInstalled ??= tool => tool.IsInstalled;
        List<TrafficPath> paths = [
            .. AllPaths.Make(settings).Where(path => settings.Paths.Count > 0 ? settings.Paths.Contains(path.Name) : IsOf(settings.Size, path))];
        var all = AllScenarios.Make();
        // A whole name is that scenario: requests-1m-1 begins requests-1m-1000, too.
        bool IsMeant(string name, Scenario scenario) =>
            all.Any(one => one.Name == name) ? scenario.Name == name : scenario.Name.StartsWith(name, StringComparison.Ordinal);
        List<Scenario> scenarios = [
            .. all.Where(scenario => settings.Only.Count > 0 ? settings.Only.Any(name => IsMeant(name, scenario)) : scenario.From <= settings.Size)];
        var missing = paths.SelectMany(path => path.Needs).Concat(
            scenarios.SelectMany(scenario => scenario.Needs)).Append(Tool.Ip).Append(Tool.Nginx).Distinct().Where(tool => !isInstalled(tool)).ToList();
        var notes = missing.Select(tool =>
        {
            var without = paths.Where(path => path.Needs.Contains(tool)).Select(
                path => path.Name).Concat(scenarios.Where(scenario => scenario.Needs.Contains(tool)).Select(scenario => scenario.Name));
            return $"{tool.File ?? tool.Name} is missing (Debian: {tool.Package}); without it: "
                + $"{(tool == Tool.Ip || tool == Tool.Nginx ? "nothing runs" : string.Join(", ", without))}";
        }).ToList();
        if (missing.Contains(Tool.Ip) || missing.Contains(Tool.Nginx)) return new Selection([], [], notes);
        paths.RemoveAll(path => path.Needs.Any(missing.Contains));
        scenarios.RemoveAll(scenario => scenario.Needs.Any(missing.Contains));
        return new Selection(paths, scenarios, notes);
    }

    private static bool IsOf(RunSize size, TrafficPath path) =>
        !path.IsHidden && size switch { RunSize.Smoke => path.IsSmoke, RunSize.Quick => path.IsQuick, _ => true };
}
