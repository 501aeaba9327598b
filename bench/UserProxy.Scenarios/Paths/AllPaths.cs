namespace UserProxy.Scenarios.Paths;

/// <summary>Every path of this assembly, in order.</summary>
internal static class AllPaths
{
    public static IReadOnlyList<TrafficPath> Make(RunSettings settings)
    {
        object[] arguments = [settings];
        return
        [
            .. typeof(TrafficPath).Assembly.GetTypes()
                .Where(type => type.IsSubclassOf(typeof(TrafficPath)) && !type.IsAbstract)
                .Select(type => (TrafficPath)Activator.CreateInstance(type, type.GetConstructor([typeof(RunSettings)]) is null ? [] : arguments)!)
                .OrderBy(path => path.Order),
        ];
    }
}
