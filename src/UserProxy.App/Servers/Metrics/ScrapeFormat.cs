using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Prometheus;

namespace UserProxy.App.Servers.Metrics;

/// <summary>What a scraper asks for by its Accept header, and what it is told that it gets. Used by <see cref="MetricsServer"/>.</summary>
internal static class ScrapeFormat
{
    public static string ContentType(ExpositionFormat format) => format == ExpositionFormat.OpenMetricsText
        ? PrometheusConstants.OpenMetricsContentTypeWithVersionAndEncoding
        : PrometheusConstants.TextContentTypeWithVersionAndEncoding;

    /// <summary>
    /// OpenMetrics where it is named and nothing else is preferred; all others, and a header that cannot be read, get the text that everybody understands.
    /// </summary>
    public static ExpositionFormat Choose(StringValues accept)
    {
        if (!MediaTypeHeaderValue.TryParseList(accept, out var wanted)) return ExpositionFormat.PrometheusText;
        double open = 0, text = 0;
        foreach (var type in wanted)
        {
            double quality = type.Quality ?? 1;
            if (IsOpenMetrics(type)) open = Math.Max(open, quality);
            else if (type.MatchesAllTypes || (type.Type == "text" && (type.MatchesAllSubTypes || type.SubType == "plain"))) text = Math.Max(text, quality);
        }

        return open > 0 && open >= text ? ExpositionFormat.OpenMetricsText : ExpositionFormat.PrometheusText;
    }

    private static bool IsOpenMetrics(MediaTypeHeaderValue type)
    {
        if (!type.MediaType.Equals(PrometheusConstants.OpenMetricsContentType, StringComparison.OrdinalIgnoreCase)) return false;
        var version = type.Parameters.FirstOrDefault(parameter => parameter.Name.Equals("version", StringComparison.OrdinalIgnoreCase))?.Value;
        return version is not { } asked || HeaderUtilities.RemoveQuotes(asked) == "1.0.0";
    }
}
