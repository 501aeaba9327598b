using System.Globalization;
using System.Text;
using UserProxy.App.CommandLine;
using UserProxy.Kubernetes;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;

namespace UserProxy.App.Inspect;

/// <summary>A judgement for a person: the verdict first, then why, what was seen, what was not, and what to do. Lines fit the terminal.</summary>
internal sealed class InspectText(UserNames users, Screen screen)
{
    /// <summary>What begins a line of what was seen: "listener", "connections".</summary>
    private const int KeyWidth = 11;

    private const int MostRules = 8, MostHolders = 8;

    public string Write(PortFacts facts, Judgement judgement)
    {
        var text = new StringBuilder();
        text.Append(Headline(facts, judgement)).Append('\n');
        Section(text, "Why", judgement.Reasons, indent: 4);
        Section(text, "Also", judgement.Remarks, indent: 4);
        Section(text, "Seen", Seen(facts), indent: KeyWidth + 5);
        Section(text, "Not seen", facts.Unseen, indent: 4);
        Section(text, "Next", judgement.NextSteps, indent: 4);
        return text.ToString();
    }

    /// <summary>One line for <c>--watch</c> while the verdict stays.</summary>
    public string WriteLine(PortFacts facts, Judgement judgement, DateTimeOffset now)
    {
        string queues = string.Concat(facts.Listeners.Select(listener => $"  {listener.Local} queue {Words.Queue(listener)}"));
        string states = string.Concat(States(facts).Select(state => $"  {state}"));
        return string.Create(CultureInfo.InvariantCulture, $"{now:HH:mm:ss}Z  {Colour(judgement.Verdict)}{queues}{states}");
    }

    private string Headline(PortFacts facts, Judgement judgement)
    {
        string protocol = facts.Question.Protocol == TransportProtocol.Tcp ? "TCP" : "UDP";
        string at = facts.Question.Address is { } address ? $" at {address}" : "";
        string likely = judgement.IsCertain || judgement.Verdict is Verdict.Idle or Verdict.Unknown ? "" : ", as far as can be seen";
        string name = Name(judgement.Verdict), line = string.Create(
            CultureInfo.InvariantCulture, $"Port {facts.Question.Port}/{protocol}{at}: {name} ({judgement.Summary}{likely})");
        // Broken first: escape sequences take no place.
        string broken = string.Join('\n', screen.Wrap(line, indent: 2));
        int verdict = broken.IndexOf(name, StringComparison.Ordinal);
        return $"{broken[..verdict]}{Colour(judgement.Verdict)}{broken[(verdict + name.Length)..]}";
    }

    private string Colour(Verdict verdict)
    {
        string word = Name(verdict);
        if (!screen.HasColour) return word;
        int code = verdict switch { Verdict.Handled => 32, Verdict.Placeholder or Verdict.Unserved => 31, _ => 33 };
        return string.Create(CultureInfo.InvariantCulture, $"\e[1;{code}m{word}\e[0m");
    }

    public static string Name(Verdict verdict) => verdict.ToString().ToLowerInvariant();

    private void Section(StringBuilder text, string heading, IEnumerable<string> lines, int indent)
    {
        bool first = true;
        foreach (string line in lines)
        {
            if (first) text.Append('\n').Append(heading).Append('\n');
            first = false;
            foreach (string part in screen.Wrap($"  {line}", indent)) text.Append(part).Append('\n');
        }
    }

    private IEnumerable<string> Seen(PortFacts facts)
    {
        var sockets = facts.After.Where(row => row.State is SocketState.Listen or SocketState.Bound || facts.Question.Protocol == TransportProtocol.Udp)
            .Concat(facts.OtherHolders.Where(row => row.State != SocketState.Bound).Take(MostHolders));
        foreach (var (lines, count) in sockets.Select(socket => string.Join('\n', Describe(socket, facts))).CountBy(lines => lines))
        {
            string[] parts = lines.Split('\n');
            yield return count == 1 ? parts[0] : $"{parts[0]}  ({count} sockets)";
            foreach (string owner in parts.Skip(1)) yield return owner;
        }

        var states = States(facts).ToList();
        if (states.Count > 0) yield return $"{"connections",-KeyWidth} {string.Join(", ", states)}";
        if (facts.Kept.Count > 0) yield return $"{"kernel's",-KeyWidth} {Words.State(SocketState.TimeWait)} {facts.Kept.Count}";
        foreach (var probe in facts.Probes) yield return $"{"test",-KeyWidth} {Describe(probe)}";
        if (facts.Question.Protocol == TransportProtocol.Tcp && facts.CountersAfter is { } counters)
        {
            var before = facts.CountersBefore ?? counters;
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{"counters",-KeyWidth} ListenOverflows {counters.Overflows} (+{counters.Overflows - before.Overflows}), ListenDrops {counters.Drops} "
                    + $"(+{counters.Drops - before.Drops}), of this network namespace");
        }

        // The IPv4 and the IPv6 tool list the same words for two rules.
        var rules = facts.Rules.GroupBy(rule => (rule.Place, rule.Text)).ToList();
        foreach (var same in rules.Take(MostRules))
            yield return $"{"rule",-KeyWidth} {string.Join(", ", same.Select(rule => rule.Source).Distinct())}: "
                + PrintableText.Of($"{same.Key.Place}: {same.Key.Text}", 240);
        if (rules.Count > MostRules) yield return $"{"",-KeyWidth} and {rules.Count - MostRules} more: -o json";
        yield return $"{"source",-KeyWidth} {facts.Source}, in {Words.Time(facts.Elapsed)}";
    }

    /// <summary><c>CLOSE_WAIT 129 (nobody's)</c></summary>
    private static IEnumerable<string> States(PortFacts facts) => facts.Question.Protocol == TransportProtocol.Udp ? [] :
        from row in facts.Connections
        group row by (row.State, row.IsUnaccepted) into kind
        orderby kind.Key.State, kind.Key.IsUnaccepted
        select $"{Words.State(kind.Key.State)} {kind.Count()}{(kind.Key.IsUnaccepted ? " without owner" : "")}";

    private IEnumerable<string> Describe(SocketRow socket, PortFacts facts)
    {
        bool isListener = socket.State == SocketState.Listen;
        string queue = isListener ? $"queue {Words.Queue(socket)}" : $"{socket.ReceiveQueue} bytes unread";
        string peer = !isListener && socket.Remote.Port != 0 ? $" to {socket.Remote}" : "";
        yield return $"{(isListener ? "listener" : "socket"),-KeyWidth} {socket.Local}{peer}  {queue}  made by {users.Of(socket.Uid)}";
        foreach (var owner in facts.Owners.Of(socket.Inode)) yield return $"{"",-KeyWidth}   {Describe(owner)}";
    }

    private string Describe(SocketOwner owner)
    {
        string limit = owner.DescriptorLimit is { } most ? string.Create(CultureInfo.InvariantCulture, $" of {most}") : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Words.Name(owner)}  user {users.Of(owner.Uid)}  {owner.Descriptors}{limit} descriptors open{(owner.IsStopped ? "  stopped" : "")}");
    }

    private static string Describe(ProbeFacts probe)
    {
        if (probe.Outcome != ProbeOutcome.Connected)
        {
            string outcome = probe.Outcome switch
            {
                ProbeOutcome.Refused => "refused",
                ProbeOutcome.NoAnswer => "no answer",
                ProbeOutcome.Unreachable => "unreachable",
                _ => "not tried",
            };
            return $"{probe.Target}  {outcome} after {Words.Time(probe.ConnectTime)}";
        }

        string accepted = probe.AcceptedAfter is { } after
            ? $"accepted after {Words.Time(after)}"
            : probe.PeerEnd == PeerEnd.Reset
            ? $"reset after {Words.Time(probe.Waited)}"
            : probe.Child is not null
            ? $"not accepted in {Words.Time(probe.Waited)}"
            : $"no socket of this node at the other end{(probe.NatTo is { } nat ? $", which is {nat}" : "")}";
        string spoke = probe.BytesReceived > 0 ? $", it sent {Words.Count(probe.BytesReceived, "byte")} first" : "";
        string end = probe.PeerEnd == PeerEnd.Reset
            ? (probe.AcceptedAfter is null ? "" : ", reset by it")
            : probe.EndedByReset ? ", ended by RST" : ", ended by FIN";
        return $"{probe.Target}  connected in {Words.Time(probe.ConnectTime)}, {accepted}{spoke}{end}";
    }
}
