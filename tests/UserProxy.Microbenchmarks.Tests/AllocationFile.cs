using System.Text.Json;
using System.Text.Json.Serialization;

namespace UserProxy.Microbenchmarks.Tests;

/// <summary>bench/allocations.json: bytes that each benchmark may allocate a call.</summary>
internal sealed partial class AllocationFile(string path)
{
    public SortedDictionary<string, long> Read() => File.Exists(path)
        ? new(JsonSerializer.Deserialize(File.ReadAllText(path), Json.Default.DictionaryStringInt64)!, StringComparer.Ordinal)
        : new(StringComparer.Ordinal);

    /// <summary>Replaces what is said of the benchmarks of one class; what is still right is left as it is, so that a diff shows what has changed.</summary>
    public void Renew(string prefix, IReadOnlyDictionary<string, long> measured)
    {
        var (before, all) = (Read(), Read());
        foreach (string old in all.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).ToList()) all.Remove(old);
        foreach (var (name, bytes) in measured)
            all[name] = before.TryGetValue(name, out long said) && AllocationLimit.Judge(said, bytes) is null ? said : bytes;
        File.WriteAllText(path, JsonSerializer.Serialize(all.ToDictionary(), Json.Default.DictionaryStringInt64) + "\n");
    }

    [JsonSourceGenerationOptions(WriteIndented = true, NewLine = "\n")]
    [JsonSerializable(typeof(Dictionary<string, long>))]
    private sealed partial class Json : JsonSerializerContext;
}
