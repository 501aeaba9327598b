using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using UserProxy.Model;

namespace UserProxy.App.Inspect;

/// <summary>What somebody meant who gave something else than a number as PORT: an address with its port, a port with its protocol, a Service. Pure.</summary>
internal static partial class WhatWasMeant
{
    /// <summary>One line that begins with the text; null when it is a number, or nothing that is known.</summary>
    public static string? By(string text)
    {
        if (AddressText.TryParse(text, out var alone) && text.AsSpan().ContainsAny('.', ':'))
            return $"'{text}' is an address; which port of it? userproxy inspect PORT{At(alone)}";
        if (WithProtocol().Match(text) is { Success: true } typed && IsPort(typed.Groups["port"].Value))
        {
            bool udp = typed.Groups["protocol"].Value.Equals("udp", StringComparison.OrdinalIgnoreCase);
            return $"'{text}' is a port with its protocol; did you mean userproxy inspect {typed.Groups["port"].Value}{(udp ? " --udp" : "")}?";
        }

        if (WithAddress().Match(text) is { Success: true } socket && IsPort(socket.Groups["port"].Value))
        {
            // A name may have many addresses, and none on this node.
            string address = AddressText.TryParse(socket.Groups["address"].Value, out var parsed) ? At(parsed) : "";
            return $"'{text}' is a port with its address; did you mean userproxy inspect {socket.Groups["port"].Value}{address}?";
        }

        return Service().IsMatch(text) ? $"'{text}' is a Service; its addresses and ports, and who serves them: userproxy explain {text}"
            : Name().IsMatch(text) ? $"'{text}' is a name, and a port is a whole number from 1 to {IPEndPoint.MaxPort}; if it is a Service, its addresses and "
                + $"ports: userproxy explain {text}"
            : null;
    }

    /// <summary>Every address is what is looked at without the option.</summary>
    private static string At(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) ? "" : $" --address {address}";

    private static bool IsPort(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is >= 1 and <= IPEndPoint.MaxPort;

    [GeneratedRegex("^(?<port>[0-9]{1,5})/(?<protocol>tcp|udp)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex WithProtocol();

    /// <summary>As ss(8), nmap and URLs write it; <c>*</c> and nothing stand for every address.</summary>
    [GeneratedRegex(@"^(\[(?<address>[0-9a-fA-F:.]+)\]|(?<address>[A-Za-z0-9.-]+)|\*)?:(?<port>[0-9]{1,5})$")]
    private static partial Regex WithAddress();

    /// <summary>Of anything, and no number.</summary>
    [GeneratedRegex("^[a-z]([a-z0-9-]*[a-z0-9])?(:[a-z][a-z0-9-]*)?$")]
    private static partial Regex Name();

    [GeneratedRegex("^[a-z0-9]([a-z0-9.-]*[a-z0-9])?/[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[a-z0-9-]+)?$")]
    private static partial Regex Service();
}
