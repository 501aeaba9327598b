using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using UserProxy.Kubernetes.Building;
using UserProxy.Model;

namespace UserProxy.App.Configuration;

/// <summary>Reads the text of one setting. A text that does not fit is a FormatException whose message says what would.</summary>
internal static class SettingValues
{
    // Timers of the runtime end at 49 days.
    private static readonly TimeSpan Longest = TimeSpan.FromHours(480);

    private const int LeastSampling = 1_000_000;

    public static TimeSpan Duration(string text, TimeSpan atLeast)
    {
        if (!GoDuration.TryParse(text, out var value)) throw Bad(text, "a duration such as 250ms, 30s or 1m30s");
        return value >= atLeast && value <= Longest ? value : throw Bad(text, $"a duration from {GoDuration.Format(atLeast)} to {GoDuration.Format(Longest)}");
    }

    /// <summary>As kube-proxy takes one: any that is not negative. What timers cannot do becomes the nearest that they can.</summary>
    public static TimeSpan KubeProxyDuration(string text) =>
        GoDuration.TryParse(text, out var value) && value >= TimeSpan.Zero
            ? TimeSpan.FromTicks(long.Clamp(value.Ticks, TimeSpan.TicksPerMillisecond, Longest.Ticks))
            : throw Bad(text, "a duration such as 250ms, 30s or 1m30s");

    public static int Number(string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most
            ? value
            : throw Bad(text, most == int.MaxValue ? $"a whole number from {least}" : $"a whole number from {least} to {most}");

    /// <summary>A number above zero, or null for <c>none</c>.</summary>
    public static int? Limit(string text) => text == "none" ? null : Number(text, 1, int.MaxValue);

    public static bool Switch(string text) => text.ToUpperInvariant() switch
    {
        "TRUE" or "ON" or "YES" or "1" => true,
        "FALSE" or "OFF" or "NO" or "0" => false,
        _ => throw Bad(text, "true or false"),
    };

    /// <summary>One in so many; each with <c>true</c>, and 0 for none with <c>false</c>.</summary>
    public static int Sampling(string text) => text.ToUpperInvariant() switch
    {
        "TRUE" or "ON" or "YES" => 1,
        "FALSE" or "OFF" or "NO" => 0,
        _ => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int oneOf) && oneOf <= LeastSampling
            ? oneOf
            : throw Bad(text, $"true, false, or a whole number to {LeastSampling}: one in so many"),
    };

    public static T OneOf<T>(string text)
        where T : struct, Enum
    {
        // By name only: Enum.TryParse would also take the numbers.
        foreach (var value in Enum.GetValues<T>())
        {
            if (value.ToString().Equals(text, StringComparison.OrdinalIgnoreCase)) return value;
        }

        throw Bad(text, "one of " + string.Join(", ", Enum.GetNames<T>().Select(name => name.ToLowerInvariant())));
    }

    public static LogLevel Level(string text) => text.ToUpperInvariant() switch
    {
        "INFO" => LogLevel.Information,
        "WARN" => LogLevel.Warning,
        _ => OneOf<LogLevel>(text),
    };

    public static SchedulerKind Scheduler(string text) =>
        SchedulerNames.TryParse(text, out var kind, out _) ? kind : throw Bad(text, "one of " + string.Join(", ", SchedulerNames.All));

    public static DrainPolicy Drain(string text) => text switch
    {
        "none" => DrainPolicy.None,
        "immediate" => DrainPolicy.Immediate,
        _ => new DrainPolicy(Duration(text, TimeSpan.Zero)),
    };

    public static NoLocalAction NoLocalAction(string text) => text switch
    {
        "drop" => Model.NoLocalAction.Drop,
        "reject" => Model.NoLocalAction.Reject,
        _ => throw Bad(text, "drop or reject"),
    };

    public static ClientAddressUse ClientAddress(string text) =>
        ClientAddressText.TryParse(text, out var use) ? use : throw Bad(text, ClientAddressText.Choices);

    public static ProxyProtocolVersion? ProxyProtocol(string text) =>
        ProxyProtocolText.TryParseVersion(text, out var version) ? version : throw Bad(text, ProxyProtocolText.Versions);

    public static ProxyV2Options ProxyV2Options(string text) =>
        ProxyProtocolText.TryParseOptions(text, out var options) ? options : throw Bad(text, ProxyProtocolText.Options);

    public static ValueList<CidrBlock> AcceptProxyProtocol(string text) =>
        ProxyProtocolText.TryParseBalancers(text, out var balancers) ? balancers : throw Bad(text, ProxyProtocolText.Balancers);

    public static string NodeName(string text)
    {
        string name = text.Trim().ToLowerInvariant();
        bool fits = name.Length is > 0 and <= 253 && name.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '-' or '.');
        return fits ? name : throw Bad(text, "a node name: 1 to 253 letters, digits, '-' and '.'");
    }

    public static string Path(string text) => text.Length > 0 ? System.IO.Path.GetFullPath(text) : throw Bad(text, "a path");

    public static string LabelValue(string text) => text.Length is > 0 and <= 63 ? text : throw Bad(text, "a label value of 1 to 63 characters");

    public static NodePortAddresses NodePorts(IReadOnlyList<string> values) =>
        NodePortAddresses.TryParse(values, out var addresses, out string? error)
            ? addresses
            : throw new FormatException(
                $"{error}; expected blocks such as 192.168.0.0/16 or fd00::/8, or one of the words {string.Join(", ", NodePortAddresses.Keywords)}");

    public static ValueList<CidrBlock> Blocks(IReadOnlyList<string> values) =>
    [
        .. values.SelectMany(value => value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .Select(text => CidrBlock.TryParse(text, out var block) ? block : throw Bad(text, "a block such as 192.168.0.0/16 or fd00::/8")),
    ];

    /// <summary>Where to listen, as kube-proxy takes it; null for nowhere.</summary>
    public static IPEndPoint? BindAddress(string text, int defaultPort)
    {
        if (text is "" or "0" or "off") return null;
        if (AddressText.TryParse(text, out var alone)) return new IPEndPoint(alone, defaultPort);
        int colon = text.LastIndexOf(':');
        string host = colon < 0 ? text : text[..colon];
        if (host is ['[', .. var inner, ']']) host = inner;
        else if (host.Contains(':', StringComparison.Ordinal)) host = "?"; // an IPv6 address and a port need brackets between them
        var address = IPAddress.Any;
        bool isAddress = host.Length == 0 || AddressText.TryParse(host, out address);
        return colon >= 0 && isAddress
            && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and <= IPEndPoint.MaxPort
            ? new IPEndPoint(address, port)
            : throw Bad(text, "an address such as 0.0.0.0:10256, [::]:10256 or 127.0.0.1, or off");
    }

    public static bool IsIPv6(string text) =>
        AddressText.TryParse(text, out var address) && address is { AddressFamily: AddressFamily.InterNetworkV6, IsIPv4MappedToIPv6: false };

    private static FormatException Bad(string text, string allowed) => new($"'{text}' is not allowed here; expected {allowed}");
}

/// <summary>Writes the value of one setting as <see cref="SettingValues"/> would read it.</summary>
internal static class SettingText
{
    public static string[]? Texts<T>(IReadOnlyList<T> values) => values.Count == 0 ? null : [.. values.Select(value => value!.ToString()!)];

    public static string Address(IPEndPoint? address) => address?.ToString() ?? "off";

    public static object Limit(int? limit) => limit is { } most ? most : "none";

    public static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
