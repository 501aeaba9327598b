using System.Text.Json.Nodes;

namespace UserProxy.FakeApiServer;

/// <summary>A namespace, and label and field selectors as far as a service proxy uses them.</summary>
internal sealed class Selection(string space, string? labels, string? fields)
{
    private readonly string[] _labels = Terms(labels), _fields = Terms(fields);

    public bool Matches(JsonObject? item) => item is not null
        && (space.Length == 0 || item["metadata"]?["namespace"]?.ToString() == space)
        && _labels.All(term => MatchesLabel(item, term)) && _fields.All(term => MatchesField(item, term));

    public bool UsesClusterIP => fields?.Contains("spec.clusterIP", StringComparison.Ordinal) == true;

    private static string[] Terms(string? selector) => (selector ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries);

    private static bool MatchesLabel(JsonObject item, string term)
    {
        var labels = item["metadata"]?["labels"] as JsonObject;
        if (term.StartsWith('!')) return labels?.ContainsKey(term[1..]) != true;
        string[] parts = term.Split('=', 2);
        return labels?[parts[0]]?.ToString() == parts[1];
    }

    private static bool MatchesField(JsonObject item, string term)
    {
        bool not = term.Contains("!=", StringComparison.Ordinal);
        string[] parts = term.Split(not ? "!=" : "=", 2);
        JsonNode? value = item;
        foreach (string part in parts[0].Split('.')) value = (value as JsonObject)?[part];
        return ((value?.ToString() ?? "") == parts[1]) != not;
    }
}
