using UserProxy.Model;

namespace UserProxy.App.Configuration;

/// <summary>The fields under <c>defaults:</c> of the configuration file: the settings that a Service may override by annotation.</summary>
internal static class ServiceDefaults
{
    public const string Field = "defaults";

    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);

    /// <summary>By name; each takes exactly one value.</summary>
    public static IReadOnlyDictionary<string, ServiceDefault> Fields { get; } =
        new Dictionary<string, ServiceDefault>(StringComparer.Ordinal)
        {
            ["scheduler"] = new((settings, text) => settings with { Scheduler = SettingValues.Scheduler(text) }, settings => settings.Scheduler.ShortName()),
            ["connectTimeout"] = new(
                (settings, text) =>
                    settings with { ConnectTimeout = SettingValues.Duration(text, Shortest) }, settings => GoDuration.Format(settings.ConnectTimeout)),
            ["connectAttempts"] = new(
                (settings, text) => settings with { ConnectAttempts = SettingValues.Number(text, 1, 10) }, settings => settings.ConnectAttempts),
            ["idleTimeout"] = new(
                (settings, text) =>
                    settings with { IdleTimeout = SettingValues.Duration(text, Shortest) }, settings => GoDuration.Format(settings.IdleTimeout)),
            ["halfCloseTimeout"] = new(
                (settings, text) =>
                    settings with { HalfCloseTimeout = SettingValues.Duration(text, Shortest) }, settings => GoDuration.Format(settings.HalfCloseTimeout)),
            ["udpIdleTimeout"] = new(
                (settings, text) =>
                    settings with { UdpIdleTimeout = SettingValues.Duration(text, Shortest) }, settings => GoDuration.Format(settings.UdpIdleTimeout)),
            ["udpResponses"] = new(
                (settings, text) => settings with { UdpResponses = SettingValues.Number(text, 0, 1_000_000) }, settings => settings.UdpResponses),
            ["maxConnections"] = new(
                (settings, text) => settings with { MaxConnections = SettingValues.Limit(text) }, settings => SettingText.Limit(settings.MaxConnections)),
            ["maxConnectionsPerClient"] = new(
                (settings, text) =>
                    settings with { MaxConnectionsPerClient = SettingValues.Limit(text) }, settings => SettingText.Limit(settings.MaxConnectionsPerClient)),
            ["noLocalAction"] = new(
                (settings, text) =>
                    settings with { NoLocalAction = SettingValues.NoLocalAction(text) }, settings =>
                        settings.NoLocalAction is { } action ? SettingText.Word(action) : null),
            ["clientAddress"] = new(
                (settings, text) =>
                    settings with { ClientAddress = SettingValues.ClientAddress(text) }, settings =>
                        settings.ClientAddress is { } use ? ClientAddressText.Of(use) : null),
            ["proxyProtocol"] = new(
                (settings, text) =>
                    settings with { ProxyProtocol = SettingValues.ProxyProtocol(text) }, settings => ProxyProtocolText.Of(settings.ProxyProtocol)),
            ["proxyV2Options"] = new(
                (settings, text) =>
                    settings with { ProxyV2Options = SettingValues.ProxyV2Options(text) }, settings => ProxyProtocolText.Of(settings.ProxyV2Options)),
            ["acceptProxyProtocol"] = new(
                (settings, text) =>
                    settings with { AcceptProxyProtocol = SettingValues.AcceptProxyProtocol(text) }, settings =>
                        ProxyProtocolText.Of(settings.AcceptProxyProtocol)),
            ["drain"] = new((settings, text) => settings with { Drain = SettingValues.Drain(text) }, settings => settings.Drain.ToString()),
        };
}

/// <summary>One field of <see cref="ServiceDefaults"/>: how it is read and how it is shown, as with a <see cref="Setting"/>.</summary>
internal sealed record ServiceDefault(Func<ServiceSettings, string, ServiceSettings> Apply, Func<ServiceSettings, object?> Show);
