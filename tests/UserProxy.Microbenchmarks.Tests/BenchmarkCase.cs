using System.Globalization;
using System.Reflection;
using BenchmarkDotNet.Attributes;

namespace UserProxy.Microbenchmarks.Tests;

/// <summary>
/// One benchmark method with one set of its parameters, found and run as BenchmarkDotNet would, but counted instead of timed. The counting is exact and always
/// the same: of this thread alone, of warm code, and of a number of calls that depends on nothing but what they allocate.
/// </summary>
internal sealed class BenchmarkCase
{
    private const int MostTries = 10;

    private readonly Type _type;
    private readonly MethodInfo _method;
    private readonly IReadOnlyList<(PropertyInfo Property, object Value)> _parameters;

    private BenchmarkCase(Type type, MethodInfo method, IReadOnlyList<(PropertyInfo Property, object Value)> parameters)
    {
        _type = type;
        _method = method;
        _parameters = parameters;
        string values = string.Join(
            ", ", parameters.Select(parameter => string.Create(CultureInfo.InvariantCulture, $"{parameter.Property.Name}: {parameter.Value}")));
        Name = values.Length == 0 ? $"{type.Name}.{method.Name}" : $"{type.Name}.{method.Name}({values})";
    }

    /// <summary>"SwapBenchmark.Swap(Kind: RoundRobin)".</summary>
    public string Name { get; }

    /// <summary>The benchmarks whose allocations are of interest, which is what their attribute says.</summary>
    public static IEnumerable<Type> Classes(Assembly assembly) =>
        assembly.GetTypes().Where(type => type.IsDefined(typeof(MemoryDiagnoserAttribute))).OrderBy(type => type.Name, StringComparer.Ordinal);

    public static IReadOnlyList<BenchmarkCase> Of(Type type)
    {
        IEnumerable<IReadOnlyList<(PropertyInfo, object)>> sets = [[]];
        foreach (var property in type.GetProperties())
        {
            object[] values = ValuesOf(property);
            if (values.Length > 0) sets = sets.SelectMany(set => values.Select(value => (IReadOnlyList<(PropertyInfo, object)>)[.. set, (property, value)]));
        }

        var methods = type.GetMethods().Where(method => method.IsDefined(typeof(BenchmarkAttribute))).OrderBy(method => method.Name, StringComparer.Ordinal);
        return [.. methods.SelectMany(method => sets.Select(set => new BenchmarkCase(type, method, set)))];
    }

    /// <summary>Bytes that a call allocates, rounded up: 0 is none at all in all calls.</summary>
    public long Measure()
    {
        object benchmark = Activator.CreateInstance(_type)!;
        foreach (var (property, value) in _parameters) property.SetValue(benchmark, value);
        CallIfAny<GlobalSetupAttribute>(benchmark);
        try
        {
            var run = (Func<int, long>)typeof(BenchmarkCase).GetMethod(nameof(RunnerOf), BindingFlags.NonPublic | BindingFlags.Static)!
                .MakeGenericMethod(_method.ReturnType).Invoke(null, [benchmark, _method])!;
            run(2); // compiled, its statics made
            int calls = run(1) switch
            {
                < 1_000 => 20_000,
                < 1_000_000 => 200,
                _ => 4,
            };
            run(calls); // lists and pools as large as they become
            long bytes = Math.Min(run(calls), run(calls));
            for (int tries = 2; MayBeOfTheCollector(bytes, calls) && tries < MostTries; tries++) bytes = Math.Min(bytes, run(calls));
            return (bytes + calls - 1) / calls;
        }
        finally
        {
            CallIfAny<GlobalCleanupAttribute>(benchmark);
        }
    }

    /// <summary>Calls it so often, through a delegate of its own type, as reflection would box what it returns; returns the bytes that this took.</summary>
    private static Func<int, long> RunnerOf<T>(object benchmark, MethodInfo method)
    {
        var call = method.CreateDelegate<Func<T>>(benchmark);
        return times =>
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < times; i++) call();
            return GC.GetAllocatedBytesForCurrentThread() - before;
        };
    }

    /// <summary>
    /// The collector takes the thread's allocation context away, also in the middle of a collection in the background, and what was left of it, some kilobytes,
    /// counts as allocated. What the calls themselves allocate is there each time.
    /// </summary>
    private static bool MayBeOfTheCollector(long bytes, int calls) => bytes > 0 && bytes < calls;

    private static object[] ValuesOf(PropertyInfo property)
    {
        if (property.GetCustomAttribute<ParamsAttribute>() is { } some) return [.. some.Values.Select(value => value!)];
        return property.IsDefined(typeof(ParamsAllValuesAttribute)) ? [.. Enum.GetValues(property.PropertyType).Cast<object>()] : [];
    }

    private void CallIfAny<TAttribute>(object benchmark)
        where TAttribute : Attribute => _type.GetMethods().SingleOrDefault(method => method.IsDefined(typeof(TAttribute)))?.Invoke(benchmark, null);
}
