using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using UserProxy.Model;

namespace UserProxy.App.Verify.Steps;

/// <summary>Whether a rule meets a packet.</summary>
internal enum Fit
{
    No,

    /// <summary>Its text does not tell.</summary>
    Perhaps,

    Yes,
}

/// <summary>What it is that the text of a rule does not tell.</summary>
[Flags]
internal enum Doubt
{
    None = 0,

    /// <summary>Which ports: they are in a set.</summary>
    Ports = 1,

    /// <summary>By which interface the client comes, where that is not known.</summary>
    Interface = 2,

    /// <summary>Which clients.</summary>
    Client = 4,

    /// <summary>A rate, a mark, or words that are not known here.</summary>
    Other = 8,
}

/// <summary>One rule of a chain, held against one packet: conditions are struck out one by one, and what is left over is a doubt. Pure.</summary>
/// <param name="Meets">Whether it meets the packet.</param>
/// <param name="Because">Why that is not known.</param>
/// <param name="Verdict"><c>accept</c>, <c>drop</c>, <c>return</c>, <c>jump</c>, <c>goto</c>, <c>unknown</c> (a map decides); empty: it goes on.</param>
/// <param name="Target">The chain that is jumped to.</param>
internal sealed partial record RuleFit(Fit Meets, Doubt Because, string Verdict, string Target)
{
    private const int Tcp = 6, Udp = 17;

    /// <summary>A map of verdicts is a rule for each of its elements.</summary>
    public static IEnumerable<RuleFit> Of(string rule, bool isOfNft, Packet packet)
    {
        string text = RuleReading.WithoutWords(rule);
        if (!isOfNft) return [Iptables(text, packet)];
        if (VerdictMap().Match(text) is not { Success: true } map) return [Nft(text, packet)];
        string before = map.Groups["before"].Value, elements = map.Groups["map"].Value;
        if (elements.StartsWith('@')) return [Nft($"{before} {elements}", packet) with { Verdict = "unknown" }];
        return elements.Trim('{', '}').Split(',').Select(element => element.Split(" : ", 2)).Where(parts => parts.Length == 2).Select(
            parts => Nft($"{before} {parts[0].Trim()} {parts[1].Trim()}", packet));
    }

    private static RuleFit Nft(string rule, Packet packet)
    {
        var reading = new Reading(packet);
        string text = RejectWith().Replace(rule, "reject");
        text = Silent().Replace(text, " ");
        string verdict = "", target = "";
        if (NftVerdict().Match(text) is { Success: true } end)
        {
            (verdict, target) = (end.Groups["verdict"].Value, end.Groups["target"].Value);
            text = text[..end.Index];
        }

        if (OfIcmp().IsMatch(text)) reading.Take(Fit.No, Doubt.None);
        if (!packet.IsAnswer) text = Syn().Replace(text, " ");
        text = Together().Replace(text, match => reading.TakeTogether(match.Value));
        text = NftCondition().Replace(text, match => reading.Take(match.Groups["key"].Value, match));
        return reading.Result(text, VerdictOf(verdict), target);
    }

    private static RuleFit Iptables(string rule, Packet packet)
    {
        var reading = new Reading(packet);
        string verdict = "", target = "", text = Chain().Replace(rule, " ");
        if (IptablesVerdict().Match(text) is { Success: true } end)
        {
            (verdict, target) = (end.Groups["how"].Value == "g" ? "goto" : "jump", end.Groups["target"].Value);
            if (verdict == "jump" && target is "ACCEPT" or "DROP" or "REJECT" or "RETURN") (verdict, target) = (target.ToLowerInvariant(), "");
            text = text[..end.Index];
        }

        text = KnownModule().Replace(text, " ");
        if (!packet.IsAnswer) text = TcpFlags().Replace(text, " ");
        text = IptablesCondition().Replace(text, match => reading.Take(match.Groups["key"].Value, match));
        return reading.Result(text, VerdictOf(verdict), target);
    }

    private static string VerdictOf(string word) => word switch
    {
        "reject" => "drop",
        "queue" => "unknown",
        "continue" => "",
        _ => word,
    };

    /// <summary>All conditions of one rule.</summary>
    private sealed class Reading(Packet packet)
    {
        private Fit _fit = Fit.Yes;
        private Doubt _doubt;

        public void Take(Fit fit, Doubt doubt)
        {
            if (fit < _fit) _fit = fit;
            if (fit == Fit.Perhaps) _doubt |= doubt;
        }

        /// <summary>In place of a condition that has been read.</summary>
        public string Take(string key, Match match)
        {
            if (IsOfAnother(key))
            {
                // Whatever it says of that one, and negated too.
                Take(Fit.No, Doubt.None);
                return " ";
            }

            var (each, doubt) = ConditionOf(key);
            var fit = FitOf(match.Groups["value"].Value, each);
            Take(match.Groups["not"].Success ? Not(fit) : fit, doubt);
            return " ";
        }

        /// <summary>In place of fields that are matched together: their values are not taken apart.</summary>
        public string TakeTogether(string text)
        {
            int value = text.AsSpan().IndexOfAny('{', '@');
            string fields = value < 0 ? text : text[..value];
            // A drop of the port for all is told; one for some, or by a map of kube-proxy, is not.
            bool isOfPort = !fields.Contains("saddr", StringComparison.Ordinal) && RuleReading.HasNumber(text, packet.Port);
            Take(fields.Split(" . ").Any(IsOfAnother) ? Fit.No : Fit.Perhaps, isOfPort ? Doubt.Ports : Doubt.Other);
            return " ";
        }

        public RuleFit Result(string left, string verdict, string target)
        {
            if (left.Trim().Length > 0) Take(Fit.Perhaps, RuleReading.NamesASetOfPorts(left) ? Doubt.Ports : IsOfClients(left) ? Doubt.Client : Doubt.Other);
            return new(_fit, _fit == Fit.Perhaps ? _doubt : Doubt.None, verdict, target);
        }

        private (Func<string, Fit> Each, Doubt Doubt) ConditionOf(string key) => key switch
        {
            "ip saddr" or "ip6 saddr" or "-s" => packet.IsAnswer ? (IsOwn, Doubt.Other) : (IsClient, Doubt.Client),
            "ip daddr" or "ip6 daddr" or "-d" => packet.IsAnswer ? (IsClient, Doubt.Client) : (IsOwn, Doubt.Other),
            "tcp dport" or "udp dport" or "th dport" or "--dport" or "--dports" => packet.IsAnswer ? (_ => Fit.Perhaps, Doubt.Other) : (IsPort, Doubt.Ports),
            // Of either end: that the client has the number too is left out.
            "--ports" => (IsPort, Doubt.Ports),
            "tcp sport" or "udp sport" or "th sport" or "--sport" or "--sports" => packet.IsAnswer ? (IsPort, Doubt.Ports) : (_ => Fit.Perhaps, Doubt.Other),
            "iif" or "iifname" or "meta iif" or "meta iifname" or "-i" => packet.IsAnswer ? (_ => Fit.Perhaps, Doubt.Other) : (IsInterface, Doubt.Interface),
            "oif" or "oifname" or "meta oif" or "meta oifname" or "-o" => packet.IsAnswer ? (IsInterface, Doubt.Interface) : (_ => Fit.Perhaps, Doubt.Other),
            "ct state" or "--ctstate" or "--state" => (IsState, Doubt.Other),
            // Of what NAT has sent here: the listener is met without.
            "ct status" => (element => element == "dnat" ? Fit.No : Fit.Perhaps, Doubt.Other),
            "ip protocol" or "ip6 nexthdr" or "meta l4proto" or "-p" => (IsProtocol, Doubt.Other),
            "meta nfproto" => (element => Is(element == (packet.IsSix ? "ipv6" : "ipv4")), Doubt.Other),
            "fib daddr type" or "--dst-type" => (element => Is(element is "local" or "LOCAL"), Doubt.Other),
            _ => (element => Is(element is "host" or "unicast"), Doubt.Other),
        };

        /// <summary>A range of addresses, or an ipset of them.</summary>
        private static bool IsOfClients(string left) =>
            left.Contains("--src-range ", StringComparison.Ordinal)
                || (left.Contains("--match-set ", StringComparison.Ordinal) && left.Contains(" src", StringComparison.Ordinal));

        /// <summary>Another protocol, or the other family.</summary>
        private bool IsOfAnother(string key) => key switch
        {
            _ when key.StartsWith("tcp ", StringComparison.Ordinal) => packet.Protocol != TransportProtocol.Tcp,
            _ when key.StartsWith("udp ", StringComparison.Ordinal) => packet.Protocol != TransportProtocol.Udp,
            _ when key.StartsWith("ip ", StringComparison.Ordinal) => packet.IsSix,
            _ when key.StartsWith("ip6 ", StringComparison.Ordinal) => !packet.IsSix,
            _ => key.StartsWith("--icmp", StringComparison.Ordinal),
        };

        private Fit IsPort(string element)
        {
            int dash = element.AsSpan().IndexOfAny('-', ':');
            string first = dash < 0 ? element : element[..dash], last = dash < 0 ? element : element[(dash + 1)..];
            return int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out int low)
                && int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out int high)
                ? Is(low <= packet.Port && packet.Port <= high)
                : Fit.Perhaps;
        }

        private Fit IsState(string element) => Is(string.Equals(element, packet.IsAnswer ? "established" : "new", StringComparison.OrdinalIgnoreCase));

        private Fit IsProtocol(string element)
        {
            int number = packet.Protocol == TransportProtocol.Tcp ? Tcp : Udp;
            return Is(element == (packet.Protocol == TransportProtocol.Tcp ? "tcp" : "udp") || element == number.ToString(CultureInfo.InvariantCulture));
        }

        /// <summary>A process of this node is met at loopback, whichever of the addresses it asks. <c>cali+</c> and <c>cali*</c> begin a name.</summary>
        private Fit IsInterface(string element)
        {
            bool isBeginning = element.EndsWith('+') || element.EndsWith('*');
            string name = isBeginning ? element[..^1] : element;
            if ((packet.IsLocal ? "lo" : packet.Device) is { } device)
                return Is(isBeginning ? device.StartsWith(name, StringComparison.Ordinal) : device == name);
            return element == "lo" ? Fit.No : Fit.Perhaps;
        }

        private Fit IsOwn(string element) => IsAmong(element, packet.Own);

        private Fit IsClient(string element)
        {
            if (packet.Client.Count > 0) return IsAmong(element, packet.Client);
            if (RuleReading.BlockOf(element) is not { } block) return Fit.Perhaps;
            if (block.Family != packet.Own[0].AddressFamily || (IPAddress.IsLoopback(block.Address) && block.PrefixLength > 0)) return Fit.No;
            return block.PrefixLength == 0 ? Fit.Yes : Fit.Perhaps;
        }

        private static Fit IsAmong(string element, IReadOnlyList<IPAddress> addresses)
        {
            if (RuleReading.BlockOf(element) is not { } block) return Fit.Perhaps;
            int inside = addresses.Count(block.Contains);
            return inside == 0 ? Fit.No : inside == addresses.Count ? Fit.Yes : Fit.Perhaps;
        }

        private static Fit Is(bool holds) => holds ? Fit.Yes : Fit.No;

        private static Fit Not(Fit fit) => fit switch { Fit.No => Fit.Yes, Fit.Yes => Fit.No, _ => fit };

        private static Fit FitOf(string value, Func<string, Fit> each)
        {
            // The elements of a set that has a name are elsewhere.
            if (value.StartsWith('@')) return Fit.Perhaps;
            var best = Fit.No;
            foreach (string element in value.Trim('{', '}').Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                var fit = each(element.Trim('"'));
                if (fit > best) best = fit;
            }

            return best;
        }
    }

    /// <summary><c>tcp dport vmap { 22 : accept, 80 : drop }</c>, <c>tcp dport vmap @ports</c></summary>
    [GeneratedRegex(@"^(?<before>.*\S) vmap (?<map>\{[^}]*\}|@\S+)")]
    private static partial Regex VerdictMap();

    [GeneratedRegex(@"\breject with .*$")]
    private static partial Regex RejectWith();

    /// <summary>What counts or writes, and lets every packet by.</summary>
    [GeneratedRegex(
        @"\bcounter( packets \d+ bytes \d+| name \S+)?|\blog\b( (level|group|flags|snaplen|queue-threshold) \S+)*|\bmeta nftrace set 1"
            + @"|\b(meta|ct) (mark|priority) set ((meta|ct) mark( [&|^] \S+)*|\S+)")]
    private static partial Regex Silent();

    [GeneratedRegex(@"(?:^|(?<= ))(?:(?<verdict>accept|drop|reject|return|continue|queue)\b[^{}]*|(?<verdict>jump|goto) (?<target>\S+)\s*)$")]
    private static partial Regex NftVerdict();

    [GeneratedRegex(@"\bicmp(v6)? (type|code|id)\b")]
    private static partial Regex OfIcmp();

    [GeneratedRegex(@"tcp flags (syn / [a-z,]+|& \([a-z| ]+\) == syn\b)")]
    private static partial Regex Syn();

    /// <summary><c>meta l4proto . th dport { tcp . 22, tcp . 80 }</c>, <c>ip saddr . tcp dport @open</c>, <c>fib daddr . iif type local</c></summary>
    [GeneratedRegex(
        @"(?:^|(?<= ))(?:fib [a-z]+(?: \. [a-z]+)+ (?:type|oif|oifname|check) (?:!= )?(?:\{[^}]*\}|\S+)"
            + @"|(?:(?:ip6?|tcp|udp|th|meta|ct|ether|vlan) )?[a-z0-9]+ \. .*?(?:\{[^}]*\}|@\S+|$))")]
    private static partial Regex Together();

    [GeneratedRegex(
        @"(?:^|(?<= ))(?<key>ip6? [sd]addr|(?:tcp|udp|th) [sd]port|(?:meta )?[io]if(?:name)?|ct stat(?:e|us)|ip protocol|ip6 nexthdr|meta l4proto|meta nfproto"
            + @"|(?:meta )?pkttype|fib daddr type) (?<not>!=? ?)?(?<value>\{[^}]*\}|""[^""]*""|[^\s{}]+)(?: |$)")]
    private static partial Regex NftCondition();

    /// <summary><c>-A INPUT</c></summary>
    [GeneratedRegex(@"^-A \S+ ")]
    private static partial Regex Chain();

    [GeneratedRegex(@"(?:^|(?<= ))-(?<how>[jg]) (?<target>\S+).*$")]
    private static partial Regex IptablesVerdict();

    /// <summary>Those whose conditions are read.</summary>
    [GeneratedRegex(@"(?:^|(?<= ))-m (tcp|udp|multiport|conntrack|state|comment|addrtype|pkttype|icmp6?|ipv6-icmp)(?: |$)")]
    private static partial Regex KnownModule();

    [GeneratedRegex(@"(?<!! )--tcp-flags \S+ SYN(?: |$)")]
    private static partial Regex TcpFlags();

    [GeneratedRegex(
        @"(?:^|(?<= ))(?<not>! )?(?<key>-s|-d|-i|-o|-p|--dports?|--sports?|--ports|--ctstate|--state|--dst-type|--pkt-type|--icmp(?:v6)?-type)"
            + @" (?<value>\S+)(?: |$)")]
    private static partial Regex IptablesCondition();
}
