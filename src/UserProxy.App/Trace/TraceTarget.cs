using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using UserProxy.App.CommandLine;
using UserProxy.Model;

namespace UserProxy.App.Trace;

/// <summary>What <c>trace</c> was asked to follow: a Service, a client, or all.</summary>
internal sealed record TraceTarget
{
    public const string Shape = "[NS/]NAME[:PORT] or the number of a port, or an address, ADDRESS:PORT, [IPV6]:PORT or ADDRESS/LENGTH of clients";

    /// <summary>The Service as it was typed; null for all.</summary>
    public string? Service { get; private init; }

    /// <summary>An address or a block; null for all.</summary>
    public string? Client { get; private init; }

    public int? ClientPort { get; private init; }

    public static bool TryParse(string? text, [NotNullWhen(true)] out TraceTarget? target)
    {
        target = Parse(text);
        return target is not null;
    }

    /// <summary>For people.</summary>
    public override string ToString() => Service is not null ? Service
        : Client is null ? "all Services"
        : ClientPort is { } port ? $"client {Shown.EndPoint(Client, port)}" : Client.Contains('/', StringComparison.Ordinal) ? $"clients of {Client}"
        : $"client {Client}";

    private static TraceTarget? Parse(string? text)
    {
        if (string.IsNullOrEmpty(text)) return new TraceTarget();
        if (AddressText.TryParse(text, out _) || CidrBlock.TryParse(text, out _)) return new TraceTarget { Client = text };
        int colon = text.LastIndexOf(':');
        bool hasBrackets = text.StartsWith('[') && text.IndexOf(']', StringComparison.Ordinal) is var end && (end == colon - 1 || end == text.Length - 1);
        string address = hasBrackets ? text[1..text.IndexOf(']', StringComparison.Ordinal)] : colon > 0 ? text[..colon] : text;
        if (AddressText.TryParse(address, out _) && address.Contains(':', StringComparison.Ordinal) == hasBrackets)
        {
            if (hasBrackets && text.EndsWith(']')) return new TraceTarget { Client = address };
            return ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) && port > 0
                ? new TraceTarget { Client = address, ClientPort = port }
                : null;
        }

        // No namespace is called like an address: a block that is not one.
        bool isAddress = text.StartsWith('[') || AddressText.TryParse(text.Split('/')[0], out _);
        return isAddress ? null : new TraceTarget { Service = text };
    }
}
