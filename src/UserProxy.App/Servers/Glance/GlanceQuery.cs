using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace UserProxy.App.Servers.Glance;

/// <summary>
/// Which Services somebody wants to look at, as the query of <c>/v1/glance</c> and <c>/v1/history</c> has it. The answer is as long as a screen, however many
/// there are: sorting and searching are done here.
/// </summary>
internal sealed record GlanceQuery
{
    public const int UsualLimit = 100;

    /// <summary>Services of one answer.</summary>
    public const int MostServices = 500;

    private const int LongestText = 300;

    private static readonly Dictionary<string, Func<LookedService, double>> Numbers = new(StringComparer.Ordinal)
    {
        ["active"] = service => service.Reading.ActiveConnections,
        ["rate"] = service => service.Sampled.Rates.Connections,
        ["total"] = service => service.Sampled.Totals.Connections,
        ["failures"] = service => service.Sampled.Rates.Failures,
        ["failed"] = service => service.Sampled.Totals.Failures,
        ["in"] = service => service.Sampled.Rates.BytesIn,
        ["out"] = service => service.Sampled.Rates.BytesOut,
        ["bytes"] = service => service.Sampled.Totals.BytesIn + service.Sampled.Totals.BytesOut,
        ["p99"] = service => service.Sampled.ConnectP99 ?? -1,
        ["queue"] = service => service.Queue?.Waiting ?? -1,
        // The worst first.
        ["state"] = service => -service.Rank,
    };

    /// <summary>What <c>sort</c> takes: numbers from the largest, states from the worst, names from A.</summary>
    public static IReadOnlyList<string> Sorts { get; } = ["name", .. Numbers.Keys];

    /// <summary>All of them must fit.</summary>
    public IReadOnlyList<string> Terms { get; init; } = [];

    public string? Namespace { get; init; }

    public string Sort { get; init; } = "active";

    public bool Reverse { get; init; }

    public int Offset { get; init; }

    public int Limit { get; init; } = UsualLimit;

    /// <summary>Id of the Service that is wanted in full.</summary>
    public string? Chosen { get; init; }

    public static bool TryParse(IQueryCollection query, [NotNullWhen(true)] out GlanceQuery? parsed, [NotNullWhen(false)] out string? problem)
    {
        parsed = null;
        problem = null;
        string sort = Text("sort") is { Length: > 0 } named ? named : "active";
        if (!Sorts.Contains(sort)) problem = $"sort: expected {string.Join(", ", Sorts)}";
        else if (!TryNumber("offset", 0, int.MaxValue, 0, out int offset)) problem = "offset: expected a whole number";
        else if (!TryNumber("limit", 0, MostServices, UsualLimit, out int limit)) problem = $"limit: expected a whole number up to {MostServices}";
        else if (Text("q").Length > LongestText) problem = $"q: expected {LongestText} characters at most";
        else
        {
            parsed = new GlanceQuery
            {
                Terms = Text("q").Split(' ', StringSplitOptions.RemoveEmptyEntries),
                Namespace = Text("namespace") is { Length: > 0 } space ? space : null,
                Sort = sort,
                Reverse = Text("reverse") == "true",
                Offset = offset,
                Limit = limit,
                Chosen = Text("chosen") is { Length: > 0 } chosen ? chosen : null,
            };
        }

        return parsed is not null;

        string Text(string name) => query[name].FirstOrDefault() ?? "";

        bool TryNumber(string name, int least, int most, int usual, out int number)
        {
            number = usual;
            string text = Text(name);
            return text.Length == 0
                || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= least && number <= most);
        }
    }

    /// <summary>How many fit, and the part of them that is asked for, sorted; of those that are alike the busiest first.</summary>
    public (int Matching, IEnumerable<LookedService> Shown) Apply(Look look)
    {
        var fitting = Namespace is null && Terms.Count == 0 ? look.Services : [.. look.Services.Where(Fits)];
        // No more is sorted than is shown: Skip and Take of a sorted sequence see to it.
        return (fitting.Count, Sorted(fitting).Skip(Offset).Take(Limit));
    }

    private bool Fits(LookedService service) => (Namespace is null || service.Reading.Name.Namespace == Namespace) && Terms.All(service.Fits);

    private IEnumerable<LookedService> Sorted(IReadOnlyList<LookedService> fitting)
    {
        if (!Numbers.TryGetValue(Sort, out var number)) return Reverse ? fitting.Reverse() : fitting;
        var sorted = Reverse ? fitting.OrderBy(number) : fitting.OrderByDescending(number);
        return sorted.ThenByDescending(service => service.Sampled.Rates.Connections);
    }
}
