using UserProxy.Model;

namespace UserProxy.App.Configuration;

/// <summary>The fields under <c>defaults:</c> of the configuration file: the settings that a Service may override by annotation.</summary>
internal static class ServiceDefaults
{
    public const string Field = "defaults";

    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);

    /// <summary>Field name to what it does; each takes exactly one value.</summary>
    public static IReadOnlyDictionary<string, Func<ServiceSettings, string, ServiceSettings>> Fields { get; } =
        new Dictionary<string, Func<ServiceSettings, string, ServiceSettings>>(StringComparer.Ordinal)
        {
            ["scheduler"] = (settings, text) => settings with { Scheduler = SettingValues.Scheduler(text) },
            ["connectTimeout"] = (settings, text) => settings with { ConnectTimeout = SettingValues.Duration(text, Shortest) },
            ["connectAttempts"] = (settings, text) => settings with { ConnectAttempts = SettingValues.Number(text, 1, 10) },
            ["idleTimeout"] = (settings, text) => settings with { IdleTimeout = SettingValues.Duration(text, Shortest) },
            ["halfCloseTimeout"] = (settings, text) => settings with { HalfCloseTimeout = SettingValues.Duration(text, Shortest) },
            ["udpIdleTimeout"] = (settings, text) => settings with { UdpIdleTimeout = SettingValues.Duration(text, Shortest) },
            ["udpResponses"] = (settings, text) => settings with { UdpResponses = SettingValues.Number(text, 0, 1_000_000) },
            ["maxConnections"] = (settings, text) => settings with { MaxConnections = SettingValues.Limit(text) },
            ["maxConnectionsPerClient"] = (settings, text) => settings with { MaxConnectionsPerClient = SettingValues.Limit(text) },
            ["noLocalAction"] = (settings, text) => settings with { NoLocalAction = SettingValues.NoLocalAction(text) },
            ["drain"] = (settings, text) => settings with { Drain = SettingValues.Drain(text) },
        };
}
