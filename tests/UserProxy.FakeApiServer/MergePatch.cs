using System.Text.Json.Nodes;

namespace UserProxy.FakeApiServer;

/// <summary>A merge patch as RFC 7396 has it: null removes a field, an object is merged, and anything else takes the old one's place.</summary>
internal static class MergePatch
{
    public static JsonNode? Apply(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonObject changes) return patch?.DeepClone();
        var merged = (target as JsonObject)?.DeepClone().AsObject() ?? [];
        foreach (var (name, value) in changes)
        {
            if (value is null) merged.Remove(name);
            else merged[name] = Apply(merged[name], value);
        }

        return merged;
    }
}
