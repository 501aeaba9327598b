using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Paths;
using UserProxy.Scenarios.Results;
using UserProxy.Scenarios.Scenarios;

namespace UserProxy.Scenarios.Running;

/// <summary>What of all paths and scenarios takes part: what was asked for, and of that what the tools and the kernel of this machine allow.</summary>
/// <param name="Paths">In order.</param>
/// <param name="Scenarios">In order.</param>
/// <param name="Notes">What is missing, and what does not run because of it.</param>
internal sealed record Selection(IReadOnlyList<TrafficPath> Paths, IReadOnlyList<Scenario> Scenarios, IReadOnlyList<string> Notes)
{
    /// <summary>Paths that were asked for and cannot be measured here.</summary>
    public IReadOnlyList<LeftOut> LeftOut { get; init; } = [];

    public static Selection Make(RunSettings settings, Func<Tool, bool>? isInstalled = null, Func<TrafficPath, string?>? obstacle = null)
    {
        isInstalled ??= tool => tool.IsInstalled;
        obstacle ??= path => path.Obstacle;
        List<TrafficPath> paths = [
            .. AllPaths.Make(settings).Where(path => settings.Paths.Count > 0 ? settings.Paths.Contains(path.Name) : IsOf(settings.Size, path))];
        var all = AllScenarios.Make();
        // A whole name is that scenario: requests-1m-1 begins requests-1m-1000, too.
        bool IsMeant(string name, Scenario scenario) =>
            all.Any(one => one.Name == name) ? scenario.Name == name : scenario.Name.StartsWith(name, StringComparison.Ordinal);
        List<Scenario> scenarios = [
            .. all.Where(scenario => settings.Only.Count > 0 ? settings.Only.Any(name => IsMeant(name, scenario)) : scenario.From <= settings.Size)];
        // Whom no scenario asks, nobody misses.
        paths.RemoveAll(path => !scenarios.Any(scenario => AsksFor(scenario, path)) && !settings.Paths.Contains(path.Name));

        var (notes, leftOut) = (new List<string>(), new List<LeftOut>());
        foreach (var path in paths.ToList())
        {
            // First: what is installed for a path that the kernel cannot have is installed for nothing.
            if (obstacle(path) is not { } why) continue;
            notes.Add($"{path.Name} is left out: {why}");
            leftOut.Add(new LeftOut(path.Info.Title, path.Info.Kind, why));
            paths.Remove(path);
        }

        var missing = paths.SelectMany(path => path.Needs).Concat(
            scenarios.SelectMany(scenario => scenario.Needs)).Append(Tool.Ip).Append(Tool.Nginx).Distinct().Where(tool => !isInstalled(tool)).ToList();
        foreach (var tool in missing)
        {
            var without = paths.Where(path => path.Needs.Contains(tool)).Select(
                path => path.Name).Concat(scenarios.Where(scenario => scenario.Needs.Contains(tool)).Select(scenario => scenario.Name));
            notes.Add(
                $"{Name(tool)} is missing ({Source(tool)}); without it: "
                    + $"{(tool == Tool.Ip || tool == Tool.Nginx ? "nothing runs" : string.Join(", ", without))}");
        }

        string[] packages = [.. missing.Select(tool => tool.Package).Where(package => package.Length > 0).Distinct().Order(StringComparer.Ordinal)];
        if (packages.Length > 0) notes.Add($"for all of it: apt-get install {string.Join(' ', packages)}");
        leftOut.AddRange(
            from path in paths
            let lacking = path.Needs.Where(missing.Contains).Select(Name).ToArray()
            where lacking.Length > 0
            select new LeftOut(path.Info.Title, path.Info.Kind, $"{string.Join(", ", lacking)} not installed"));
        if (missing.Contains(Tool.Ip) || missing.Contains(Tool.Nginx)) return new Selection([], [], notes) { LeftOut = leftOut };
        paths.RemoveAll(path => path.Needs.Any(missing.Contains));
        scenarios.RemoveAll(scenario => scenario.Needs.Any(missing.Contains));
        return new Selection(paths, scenarios, notes) { LeftOut = leftOut };
    }

    /// <summary>Whom a scenario asks.</summary>
    public IEnumerable<TrafficPath> AskedBy(Scenario scenario) => Paths.Where(path => AsksFor(scenario, path));

    private static bool AsksFor(Scenario scenario, TrafficPath path) => path.IsFor(scenario) && scenario.Asks(path);

    private static string Name(Tool tool) => tool.File ?? tool.Program;

    private static string Source(Tool tool) => tool.Package.Length > 0 ? $"Debian: {tool.Package}" : $"not in Debian; --program {tool.Name}=FILE names one";

    private static bool IsOf(RunSize size, TrafficPath path) =>
        !path.IsHidden && size switch { RunSize.Smoke => path.IsSmoke, RunSize.Quick => path.IsQuick, _ => true };
}
