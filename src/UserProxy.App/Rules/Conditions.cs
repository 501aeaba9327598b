using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;

namespace UserProxy.App.Rules;

/// <summary>
/// What the conditions of one rule mean for one packet, in the words of either tool: the only place that says so. For <see cref="RuleFit"/>. Pure.
/// </summary>
/// <param name="packet">At its place.</param>
/// <param name="sets">Those that the rule may name.</param>
internal sealed partial class Conditions(Packet packet, IReadOnlyDictionary<string, NamedSet> sets)
{
    private const int Tcp = 6, Udp = 17;

    /// <summary>The ports that clients take, of Linux; others have some beside them.</summary>
    private const int FirstOfClients = 32768, LastOfClients = 60999;

    private const int LastReserved = 1023, LastPort = 65535;

    private readonly Connection _connection = packet.Connection;

    public Fit Fit { get; private set; } = Fit.Yes;

    public Doubt Doubt { get; private set; }

    public void Take(Fit fit, Doubt doubt)
    {
        if (fit < Fit) Fit = fit;
        if (fit == Fit.Perhaps) Doubt |= doubt;
    }

    /// <summary>One condition: <c>tcp dport != { 80, 443 }</c>, <c>ip saddr . tcp dport @pairs</c>.</summary>
    public void Take(string key, string comparison, string value)
    {
        // Sets may be long.
        if (Fit == Fit.No) return;
        string[] keys = key.Split(" . ");
        // Whatever it says of that, and negated too.
        if (keys.Any(IsOfAnother))
        {
            Take(Fit.No, Doubt.None);
            return;
        }

        var (fit, doubt) = FitOf(keys, comparison, value);
        bool isNegated = comparison is "!=" or "!";
        // All but some are most clients.
        if (isNegated && doubt.HasFlag(Doubt.Client)) doubt = (doubt & ~Doubt.Client) | Doubt.Other;
        if (isNegated) fit = Not(fit);
        Take(keys.Any(IsOfConnection) ? OfConnection(fit) : fit, doubt);
    }

    /// <summary><c>tcp flags syn / fin,syn,rst,ack</c>, <c>--tcp-flags FIN,SYN,RST,ACK SYN</c></summary>
    /// <param name="comparison">Of nft; of iptables a negation alone.</param>
    /// <param name="value">Flags, or a set of them.</param>
    /// <param name="mask">Those that are looked at; null: one of <paramref name="value"/> is enough, or with a comparison they are all that are set.</param>
    public void TakeFlags(string comparison, string value, string? mask)
    {
        if (_connection.Protocol != TransportProtocol.Tcp)
        {
            Take(Fit.No, Doubt.None);
            return;
        }

        bool isEqual = mask is not null || comparison is "==" or "!=" || value.StartsWith('{');
        bool holds = value.Trim('{', '}').Split(value.StartsWith('{') ? ',' : ';').Select(BitsOf).Any(
            bits => isEqual ? (packet.Flags & (mask is null ? 0xff : BitsOf(mask))) == bits : (packet.Flags & bits) != 0);
        Take(Is(holds != (comparison is "!=" or "!")), Doubt.None);
    }

    public void TakeMark(bool isOfConnection, string comparison, string value, string? mask)
    {
        var mark = isOfConnection ? packet.ConnectionMark : packet.Mark;
        var best = Fit.No;
        foreach (string element in Elements(value) ?? ["?"])
        {
            string[] parts = element.Split('/');
            bool isOne = Hexadecimal().IsMatch(parts[0]);
            uint bits = mask is not null ? MarkChange.Number(mask) : parts.Length == 2 ? MarkChange.Number(parts[1]) : uint.MaxValue;
            best = Max(best, isOne && comparison is "" or "==" or "!=" or "!" ? mark.Is(MarkChange.Number(parts[0]), bits) : Fit.Perhaps);
        }

        if (comparison is "!=" or "!") best = Not(best);
        Take(isOfConnection ? OfConnection(best) : best, Doubt.Other);
    }

    /// <summary>Clients are taken to come by the way back to them: no filter of the reverse path drops them.</summary>
    public void TakeWayBack(bool isMissing) => Take(packet.IsComing ? Is(!isMissing) : Fit.Perhaps, Doubt.Other);

    /// <summary>Words that are not read.</summary>
    public void TakeRest(string text)
    {
        if (text.Trim().Length > 0) Take(Fit.Perhaps, OfClients().IsMatch(text) && !packet.IsAnswer ? Doubt.Client : Doubt.Other);
    }

    private (Fit Fit, Doubt Doubt) FitOf(string[] keys, string comparison, string value)
    {
        if (Elements(value) is not { } elements) return (Fit.Perhaps, keys.Aggregate(Doubt.Other, (all, key) => all | ConditionOf(key).Doubt));
        var (best, doubts) = (Fit.No, Doubt.None);
        var looked = OfElements(keys, comparison);
        foreach (string element in elements)
        {
            var (fit, doubt) = looked(element);
            best = Max(best, fit);
            doubts |= doubt;
            if (best == Fit.Yes) break;
        }

        return (best, doubts);
    }

    /// <summary>What elements of a map are for the packet.</summary>
    /// <param name="key">As nft has it: <c>ip saddr . tcp dport</c>.</param>
    public Func<string, (Fit Fit, Doubt Doubt)> OfElements(string key) => OfElements(key.Replace("meta ", "", StringComparison.Ordinal).Split(" . "), "");

    private Func<string, (Fit Fit, Doubt Doubt)> OfElements(string[] keys, string comparison)
    {
        var conditions = keys.Select(ConditionOf).ToArray();
        return element =>
        {
            string[] parts = conditions.Length == 1 ? [element] : element.Split(" . ");
            if (parts.Length != conditions.Length) return (Fit.Perhaps, Doubt.Other);
            var (all, doubt) = (Fit.Yes, Doubt.None);
            for (int at = 0; at < parts.Length && all != Fit.No; at++)
            {
                var fit = conditions[at].Each(Compared(comparison, parts[at].Trim('"')));
                if (fit < all) all = fit;
                if (fit == Fit.Perhaps) doubt |= conditions[at].Doubt;
            }

            return (all, all == Fit.Perhaps ? doubt : Doubt.None);
        };
    }

    /// <summary>Null: they are elsewhere, or not all that there are.</summary>
    private IEnumerable<string>? Elements(string value)
    {
        if (value.StartsWith('@'))
            return sets.TryGetValue(value[1..], out var set) && set.IsWhole ? set.Elements.Select(element => element.Split(" : ")[0]) : null;
        return value.Trim('{', '}').Split([',', '|'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Of ports: <c>&lt; 1024</c> is a range.</summary>
    private static string Compared(string comparison, string element)
    {
        if (comparison is not ("<" or "<=" or ">" or ">=")) return element;
        if (!int.TryParse(element, NumberStyles.None, CultureInfo.InvariantCulture, out int number)) return "?";
        return comparison switch { "<" => $"0-{number - 1}", "<=" => $"0-{number}", ">" => $"{number + 1}-{LastPort}", _ => $"{number}-{LastPort}" };
    }

    private (Func<string, Fit> Each, Doubt Doubt) ConditionOf(string key) => key switch
    {
        "ip saddr" or "ip6 saddr" or "-s" or "--src-range" => (element => IsAmong(element, packet.Sources), packet.IsAnswer ? Doubt.Other : Doubt.Client),
        "ip daddr" or "ip6 daddr" or "-d" or "--dst-range" => (element => IsAmong(element, packet.Destinations), packet.IsAnswer ? Doubt.Client : Doubt.Other),
        "tcp dport" or "udp dport" or "th dport" or "--dport" or "--dports" =>
            (element => IsPort(element, packet.DestinationPort), packet.IsAnswer ? Doubt.Client : Doubt.Other),
        "tcp sport" or "udp sport" or "th sport" or "--sport" or "--sports" =>
            (element => IsPort(element, packet.SourcePort), packet.IsAnswer ? Doubt.Other : Doubt.Client),
        // Of either end: that the client has the number too is left out.
        "--ports" => (element => IsPort(element, _connection.Port), Doubt.Other),
        "iif" or "iifname" or "-i" => (element => IsInterface(element, packet.IsComing), Doubt.Interface),
        "oif" or "oifname" or "-o" => (element => IsInterface(element, !packet.IsComing), Doubt.Interface),
        "ct state" or "--ctstate" or "--state" => (IsState, Doubt.Other),
        // Of what NAT has sent here: the listener is met without.
        "ct status" or "--ctstatus" => (element => element is "dnat" or "snat" or "expected" or "EXPECTED" ? Fit.No : Fit.Perhaps, Doubt.Other),
        "ct direction" or "--ctdir" => (element => IsWord(element, packet.IsAnswer ? "reply" : "original"), Doubt.Other),
        "ip protocol" or "ip6 nexthdr" or "l4proto" or "-p" => (IsProtocol, Doubt.Other),
        "nfproto" or "protocol" or "ether type" => (IsFamily, Doubt.Other),
        "fib saddr type" or "--src-type" => (element => IsType(element, packet.IsSourceHere), Doubt.Other),
        "fib daddr type" or "--dst-type" => (element => IsType(element, packet.IsDestinationHere), Doubt.Other),
        "pkttype" or "--pkt-type" => (element => Is(element is "host" or "unicast"), Doubt.Other),
        "--mss" or "tcp option maxseg size" => (IsSegment, Doubt.Other),
        _ => (_ => Fit.Perhaps, Doubt.Other),
    };

    /// <summary>Another protocol, or the other family.</summary>
    public bool IsOfAnother(string key) => key.Split(' ')[0] switch
    {
        "tcp" or "--mss" => _connection.Protocol != TransportProtocol.Tcp,
        "udp" => _connection.Protocol != TransportProtocol.Udp,
        "ip" => _connection.IsSix,
        "ip6" => !_connection.IsSix,
        "icmp" or "icmpv6" or "igmp" or "sctp" or "dccp" or "udplite" or "ah" or "esp" or "comp" or "arp" => true,
        var word => word.StartsWith("--icmp", StringComparison.Ordinal),
    };

    private static Fit IsPort(string element, int? port)
    {
        if (RangeOf(element) is not var (low, high)) return Fit.Perhaps;
        if (port is { } known) return Is(low <= known && known <= high);
        // A client may take one of them by chance: the next one does not.
        int shared = Math.Min(high, LastOfClients) - Math.Max(low, FirstOfClients);
        return shared < (LastOfClients - FirstOfClients) / 2 ? Fit.No : low <= LastReserved + 1 && high == LastPort ? Fit.Yes : Fit.Perhaps;
    }

    /// <summary><c>80</c>, <c>80-90</c>, <c>80:90</c>; null is none.</summary>
    private static (int Low, int High)? RangeOf(string element)
    {
        int dash = element.AsSpan().IndexOfAny('-', ':');
        string first = dash < 0 ? element : element[..dash], last = dash < 0 ? element : element[(dash + 1)..];
        return int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out int low)
            && int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out int high) ? (low, high) : null;
    }

    /// <summary>What clients offer is an Ethernet's or a tunnel's, or loopback's.</summary>
    private Fit IsSegment(string element)
    {
        const int LeastUsual = 536;
        if (packet.Kind is not (PacketKind.First or PacketKind.Answer)) return Fit.No;
        if (RangeOf(element) is not var (low, high)) return Fit.Perhaps;
        return high < LeastUsual ? Fit.No : low <= LeastUsual && high == LastPort ? Fit.Yes : Fit.Perhaps;
    }

    private Fit IsState(string element)
    {
        Fit[] fits = [.. packet.States.Select(state => IsWord(element, state)).Distinct()];
        return fits is [var one] ? one : Fit.Perhaps;
    }

    /// <summary>Conntrack's own field of a connection: without one no comparison holds.</summary>
    private static bool IsOfConnection(string key) =>
        key is "--ctdir" or "--ctstatus" || (key != "ct state" && key.StartsWith("ct ", StringComparison.Ordinal));

    private Fit OfConnection(Fit fit) => fit < packet.HasConnection ? fit : packet.HasConnection;

    private Fit IsProtocol(string element) =>
        Is(element is "all" or "0" || element == (_connection.Protocol == TransportProtocol.Tcp ? "tcp" : "udp")
            || element == (_connection.Protocol == TransportProtocol.Tcp ? Tcp : Udp).ToString(CultureInfo.InvariantCulture));

    private Fit IsFamily(string element) => Is(element is "ip" or "ipv4" ? !_connection.IsSix : element is "ip6" or "ipv6" && _connection.IsSix);

    private static Fit IsType(string element, bool isHere) => IsWord(element, isHere ? "local" : "unicast");

    /// <summary>A packet on its way out has come by none. <c>cali+</c> and <c>cali*</c> begin a name.</summary>
    private Fit IsInterface(string element, bool hasOne)
    {
        if (!hasOne) return Fit.No;
        bool isBeginning = element.EndsWith('+') || element.EndsWith('*');
        string name = isBeginning ? element[..^1] : element;
        if (_connection.Link is { } link) return Is(isBeginning ? link.StartsWith(name, StringComparison.Ordinal) : link == name);
        return element == "lo" ? Fit.No : Fit.Perhaps;
    }

    private Fit IsAmong(string element, IReadOnlyList<IPAddress> addresses)
    {
        if (AddressRange.Of(element) is not { } range) return Fit.Perhaps;
        if (addresses.Count > 0)
        {
            int inside = addresses.Count(range.Contains);
            return inside == 0 ? Fit.No : inside == addresses.Count ? Fit.Yes : Fit.Perhaps;
        }

        // Any host but this node.
        if (range.Family != _connection.Servers[0].AddressFamily || range.IsLoopback) return Fit.No;
        return range.IsAll ? Fit.Yes : Fit.Perhaps;
    }

    private static int BitsOf(string flags)
    {
        int bits = 0;
        foreach (string flag in flags.Split([',', '|', ' '], StringSplitOptions.RemoveEmptyEntries))
        {
            bits |= flag.ToUpperInvariant() switch
            {
                "FIN" => 1,
                "SYN" => 2,
                "RST" => 4,
                "PSH" => 8,
                "ACK" => 16,
                "URG" => 32,
                "ECN" or "ECE" => 64,
                "CWR" => 128,
                "ALL" => 63,
                _ => 0,
            };
        }

        return bits;
    }

    private static Fit IsWord(string element, string word) => Is(string.Equals(element, word, StringComparison.OrdinalIgnoreCase));

    private static Fit Is(bool holds) => holds ? Fit.Yes : Fit.No;

    private static Fit Not(Fit fit) => fit switch { Fit.No => Fit.Yes, Fit.Yes => Fit.No, _ => fit };

    private static Fit Max(Fit one, Fit other) => one > other ? one : other;

    /// <summary>A set of addresses, of hardware or of countries.</summary>
    [GeneratedRegex(@"(?<!! )(?:--match-set \S+ (?:\S+,)*src\b|--mac-source|\bether saddr|--src-cc|--source-country)")]
    private static partial Regex OfClients();

    [GeneratedRegex(@"^(0x[0-9a-f]+|\d+)$")]
    private static partial Regex Hexadecimal();
}
