using System.Globalization;
using UserProxy.Kubernetes.Objects;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Building;

/// <summary>
/// Reads the <c>userproxy.io/</c> annotations of a Service into its settings. A bad value never breaks a Service: the default stands and
/// the issue says so.
/// </summary>
internal static class ServiceAnnotations
{
    private const int MaxConnectAttempts = 10;
    private const int MaxUdpResponses = 1_000_000;

    // Timers of the runtime end at 49 days; this leaves room to add to it.
    private static readonly TimeSpan MaxDuration = TimeSpan.FromHours(480);

    public static ServiceSettings Read(ObjectMeta meta, ServiceSettings defaults, SubjectIssues issues)
    {
        if (meta.Annotations is null or { Count: 0 }) return defaults;

        var settings = defaults;
        foreach (var (key, value) in Ours(meta))
        {
            string? problem = null;
            settings = key switch
            {
                "scheduler" when SchedulerNames.TryParse(value, out var kind, out string? note) => Noted(settings with { Scheduler = kind }, note),
                "scheduler" => Bad($"must be one of {string.Join(", ", SchedulerNames.All)}"),
                "connect-timeout" when TryDuration(value, out var time) => settings with { ConnectTimeout = time },
                "idle-timeout" when TryDuration(value, out var time) => settings with { IdleTimeout = time },
                "half-close-timeout" when TryDuration(value, out var time) => settings with { HalfCloseTimeout = time },
                "udp-idle-timeout" when TryDuration(value, out var time) => settings with { UdpIdleTimeout = time },
                "connect-timeout" or "idle-timeout" or "half-close-timeout" or "udp-idle-timeout" =>
                    Bad($"must be a duration such as 250ms or 1m30s, above 0 and at most {MaxDuration.TotalHours}h"),
                "connect-attempts" when TryNumber(value, 1, MaxConnectAttempts, out int count) => settings with { ConnectAttempts = count },
                "connect-attempts" => Bad($"must be a number from 1 to {MaxConnectAttempts}"),
                "max-connections" when TryLimit(value, out int? limit) => settings with { MaxConnections = limit },
                "max-connections-per-client" when TryLimit(value, out int? limit) => settings with { MaxConnectionsPerClient = limit },
                "max-connections" or "max-connections-per-client" => Bad("must be a number above 0, or none"),
                "drain" when TryDrain(value, out var drain) => settings with { Drain = drain },
                "drain" => Bad($"must be none, immediate or a duration of at most {MaxDuration.TotalHours}h"),
                "no-local-action" when TryNoLocalAction(value, out var action) => settings with { NoLocalAction = action },
                "no-local-action" => Bad("must be drop or reject"),
                "udp-responses" when TryNumber(value, 0, MaxUdpResponses, out int count) => settings with { UdpResponses = count },
                "udp-responses" => Bad($"must be a number from 0 (any number of answers) to {MaxUdpResponses}"),
                "client-address" when ClientAddressText.TryParse(value.Trim(), out var use) => settings with { ClientAddress = use },
                "client-address" => Bad($"must be {ClientAddressText.Choices}"),
                "proxy-protocol" when ProxyProtocolText.TryParseVersion(value.Trim(), out var version) => settings with { ProxyProtocol = version },
                "proxy-protocol" => Bad($"must be {ProxyProtocolText.Versions}"),
                "proxy-v2-options" when ProxyProtocolText.TryParseOptions(value.Trim(), out var options) => settings with { ProxyV2Options = options },
                "proxy-v2-options" => Bad($"must be {ProxyProtocolText.Options}"),
                "accept-proxy-protocol" when ProxyProtocolText.TryParseBalancers(value.Trim(), out var balancers) =>
                    settings with { AcceptProxyProtocol = balancers },
                "accept-proxy-protocol" => Bad($"must be {ProxyProtocolText.Balancers}"),
                _ when key.StartsWith(WellKnown.WeightPrefix, StringComparison.Ordinal) => Bad("belongs on the EndpointSlice; left alone here"),
                _ => Bad("is no annotation that is known here"),
            };
            if (problem is not null)
                issues.Add(IssueReasons.InvalidAnnotation, $"annotation {Name(key)}: {PrintableText.Quote(value)} {problem}", meta.Source);

            ServiceSettings Bad(string what)
            {
                problem = what;
                return settings;
            }

            ServiceSettings Noted(ServiceSettings read, string? note)
            {
                if (note is not null) issues.Add(IssueReasons.AnnotationNote, $"annotation {Name(key)}: {note}", meta.Source);
                return read;
            }
        }

        return settings;
    }

    /// <summary>The annotations with our prefix, without it, in ordinal order.</summary>
    public static IEnumerable<(string Key, string Value)> Ours(ObjectMeta meta) =>
        (meta.Annotations ?? new Dictionary<string, string>())
            .Where(annotation => annotation.Key.StartsWith(WellKnown.AnnotationPrefix, StringComparison.Ordinal))
            .OrderBy(annotation => annotation.Key, StringComparer.Ordinal)
            .Select(annotation => (annotation.Key[WellKnown.AnnotationPrefix.Length..], annotation.Value ?? ""));

    public static string Name(string key) => WellKnown.AnnotationPrefix + PrintableText.Of(key);

    public static bool TryNumber(string text, int min, int max, out int value) =>
        int.TryParse(text.AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= min && value <= max;

    private static bool TryDuration(string text, out TimeSpan value) =>
        GoDuration.TryParse(text.AsSpan().Trim(), out value) && value > TimeSpan.Zero && value <= MaxDuration;

    private static bool TryLimit(string text, out int? limit)
    {
        bool none = text.AsSpan().Trim() is "none";
        bool number = TryNumber(text, 1, int.MaxValue, out int value);
        limit = number ? value : null;
        return none || number;
    }

    private static bool TryNoLocalAction(string text, out NoLocalAction action)
    {
        action = text.AsSpan().Trim() is "reject" ? NoLocalAction.Reject : NoLocalAction.Drop;
        return text.AsSpan().Trim() is "drop" or "reject";
    }

    private static bool TryDrain(string text, out DrainPolicy drain)
    {
        drain = text.AsSpan().Trim() is "immediate" ? DrainPolicy.Immediate : DrainPolicy.None;
        if (text.AsSpan().Trim() is "none" or "immediate") return true;
        if (!GoDuration.TryParse(text.AsSpan().Trim(), out var after) || after < TimeSpan.Zero || after > MaxDuration) return false;
        drain = new DrainPolicy(after);
        return true;
    }
}
