using System.Globalization;
using UserProxy.App.Servers.Admin.Messages;

namespace UserProxy.App.CommandLine;

/// <summary>How old an answer of the proxy is, and whether it will be so for long: the same lines for <c>list</c>, <c>explain</c> and <c>status</c>.</summary>
internal static class Freshness
{
    public const string Draining = "this proxy is stopping: open connections are let run, and new ones are refused";

    /// <summary>Nothing while the source is followed and the proxy goes on.</summary>
    /// <param name="trouble">With the source.</param>
    /// <param name="isDraining">The proxy takes no new connections.</param>
    /// <param name="now">Of the clock of this node, which the proxy has too.</param>
    public static IEnumerable<string> LinesOf(SourceTroubleItem? trouble, bool isDraining, DateTimeOffset now)
    {
        if (isDraining) yield return Draining;
        if (trouble is not null) yield return PrintedLine.Of(LineOf(trouble, now));
    }

    private static string LineOf(SourceTroubleItem trouble, DateTimeOffset now)
    {
        string since = trouble.Since is { } at
            ? string.Create(CultureInfo.InvariantCulture, $" since {at:u} ({Shown.Time(Math.Max(0, (now - at).TotalSeconds))})")
            : "";
        string asOf = trouble.AsOfSeconds is { } seconds ? $"as of {Shown.Time(seconds)} ago; " : "";
        return $"{asOf}source {trouble.Kind}{since}: {trouble.Message}";
    }
}
