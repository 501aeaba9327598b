using System.Globalization;
using UserProxy.App.CommandLine;
using UserProxy.Model;

namespace UserProxy.App.Inspect.All;

/// <summary>
/// A report for a person: what is stuck first, then what has changed, then everything that listens, its clients, sums and the kernel. Fits the terminal.
/// </summary>
internal sealed class NodeText(TextWriter output, Screen screen)
{
    private const int MostAddresses = 6, MostChanges = 30, MostSums = 10, MostPeersOfALine = 3;

    public void Write(NodeReport report)
    {
        Headline(report);
        Section("Found", report.Findings.SelectMany(finding => Lines(finding)));
        if (report.Changes is { } changes) Section($"Since {changes.Since:u}{Ago(report, changes)}", Lines(changes));
        Listening(report);
        Clients(report);
        Sums("By owner", "OWNER", report.Sums.Owners);
        Sums("By namespace", "NAMESPACE", report.Sums.Namespaces);
        Sums("By verdict", "VERDICT", report.Sums.Verdicts);
        Section("Kernel", Kernel(report));
        Section("Not seen", report.Unseen.Select(line => $"  {line}"));
    }

    private void Headline(NodeReport report)
    {
        bool isWell = !report.Unreadable && report.Listening.All(item => item.Findings.Count == 0);
        string verdict = report.Unreadable ? "the sockets could not be read" : isWell ? "nothing is stuck" : WhatIsWrong(report.Listening);
        string line = Invariant($"{report.Node}: {Words.Count(report.Listening.Count(item => !item.IsUdp), "TCP address", "TCP addresses")} listened on, ")
            + Invariant($"{Words.Count(report.Listening.Count(item => item.IsUdp), "UDP address", "UDP addresses")} bound; {verdict}");
        string broken = string.Join('\n', screen.Wrap(PrintedLine.Of(line), indent: 2));
        int at = broken.LastIndexOf(verdict, StringComparison.Ordinal);
        // One that was broken is not coloured: the words are what counts.
        output.WriteLine(at < 0 ? broken : broken[..at] + screen.Paint(verdict, isWell ? Tone.Good : Tone.Bad));
    }

    /// <summary>An address whose clients get nothing need not have anything stuck.</summary>
    private static string WhatIsWrong(IReadOnlyList<ListeningItem> items)
    {
        int stuck = items.Count(item => item.Findings.Any(finding => finding.Reason != AddressJudge.Unserved));
        int unserved = items.Count(item => item.Findings.Any(finding => finding.Reason == AddressJudge.Unserved));
        string those = Invariant($"{(stuck > 0 ? stuck : unserved)} of {items.Count} addresses ");
        return stuck == 0 ? $"{those}{(unserved == 1 ? "is" : "are")} unserved"
            : $"{those}{(stuck == 1 ? "has" : "have")} something stuck"
                + (unserved == 0 ? "" : Invariant($", and {unserved} {(unserved == 1 ? "is" : "are")} unserved"));
    }

    private static IEnumerable<string> Lines(NodeFinding finding)
    {
        yield return $"  {finding.Message}";
        if (finding.Addresses.Count < 2) yield break;
        string more = finding.Addresses.Count > MostAddresses ? Invariant($" and {finding.Addresses.Count - MostAddresses} more") : "";
        yield return $"    {string.Join(", ", finding.Addresses.Take(MostAddresses))}{more}";
    }

    private static string Ago(NodeReport report, ChangesItem changes) =>
        report.ReadAt > changes.Since ? $" ({GoDuration.Format(TimeSpan.FromSeconds(Math.Round((report.ReadAt - changes.Since).TotalSeconds)))} ago)" : "";

    private static IEnumerable<string> Lines(ChangesItem changes)
    {
        if (changes.Items.Count == 0) yield return "  nothing has changed";
        foreach (var item in changes.Items.Take(MostChanges))
        {
            string word = item.Kind switch
            {
                "Stuck" => "stuck",
                "Grew" => "grew",
                "Came" => "came",
                "Went" => "went",
                "OwnerChanged" => "owner",
                "Counter" => "counter",
                _ => "setting",
            };
            yield return $"  {word,-8}{item.Subject}: {item.Message}";
        }

        if (changes.Items.Count > MostChanges) yield return Invariant($"  and {changes.Items.Count - MostChanges} more: -o json");
    }

    private void Listening(NodeReport report)
    {
        var values = report.Settings.ToDictionary(setting => setting.Name, setting => setting.Value, StringComparer.Ordinal);
        var shown = report.Listening.Where(item => !NodeChanges.IsPassing(item, values)).ToList();
        var table = new TextTable("VERDICT", "PROTOCOL", "ADDRESS", "SERVICE", "KIND", "OWNER", "QUEUE", "ESTAB", "CLOSE-WAIT", "UNREAD", "CLIENTS")
            .Right("QUEUE", "ESTAB", "CLOSE-WAIT", "UNREAD").Names("SERVICE", "OWNER", "CLIENTS").Addresses("ADDRESS")
            .Drop("CLIENTS", "KIND", "PROTOCOL", "ESTAB", "UNREAD", "OWNER").Colour("VERDICT", ToneOf);
        foreach (var item in shown) table.Add(Row(item));
        if (table.IsEmpty) return;
        output.WriteLine();
        output.WriteLine("Listening");
        table.Write(output, screen);
        if (report.Listening.Count - shown.Count is > 0 and var left)
            Wrapped($"  and {Words.Count(left, "UDP socket")} at ports of the kernel's choice, with nothing waiting: -o json");
        int idle = report.Listening.Count(item => !item.IsUdp && item.Verdict == InspectText.Name(Verdict.Idle));
        if (idle > 0)
            Wrapped(Invariant($"  idle: at {Words.Count(idle, "TCP address", "TCP addresses")} nobody is connected and nothing waits; whether anybody accepts ")
                + "is shown by a test connection (--probe)");
    }

    private static string[] Row(ListeningItem item) =>
    [
        item.Sockets.Count > 1 ? Invariant($"{item.Verdict} ({item.Sockets.Count})") : item.Verdict,
        item.Protocol,
        item.At,
        item.Services.Count == 0 ? "-" : string.Join(',', item.Services.Select(service => $"{service.Namespace}/{service.Name}").Distinct()),
        item.Services.Count == 0 ? "-" : string.Join(',', item.Services.Select(service => service.Kind).Distinct()),
        item.Owners.Any() ? string.Join(',', item.Owners.Select(owner => Invariant($"{owner.Name}/{owner.Pid}"))) : "-",
        string.Join(',', item.Sockets.Select(socket => socket.Backlog is { } backlog ? Invariant($"{socket.Queue}/{backlog}") : Invariant($"{socket.Queue}"))),
        item.IsUdp ? "-" : Shown.Number(item.Connections.Established),
        item.IsUdp ? "-" : Shown.Number(item.Connections.CloseWait),
        item.IsUdp ? "-" : Shown.Number(item.Connections.UnreadBytes),
        item.Peers.Count == 0 ? "-" : PeersOf(item),
    ];

    private static string PeersOf(ListeningItem item) =>
        string.Join(", ", item.Peers.Take(MostPeersOfALine).Select(peer => Invariant($"{peer.Address} ({peer.Connections})")))
            + (item.PeerAddresses > MostPeersOfALine ? Invariant($" and {item.PeerAddresses - MostPeersOfALine} more") : "");

    private void Clients(NodeReport report)
    {
        if (report.Clients.Count == 0) return;
        var table = new TextTable("CLIENT", "CONNECTIONS", "CLOSE-WAIT", "UNREAD").Right("CONNECTIONS", "CLOSE-WAIT", "UNREAD").Addresses("CLIENT");
        foreach (var client in report.Clients)
            table.Add(client.Address, Shown.Number(client.Connections), Shown.Number(client.CloseWait), Shown.Number(client.UnreadBytes));
        output.WriteLine();
        output.WriteLine("Clients with the most connections");
        table.Write(output, screen);
        if (report.ClientsUncounted > 0) Wrapped(Invariant($"  and {report.ClientsUncounted} connections of more addresses than are counted one by one"));
    }

    private void Sums(string heading, string key, IReadOnlyList<SumItem> sums)
    {
        if (sums.Count == 0) return;
        var table = new TextTable(key, "ADDRESSES", "STUCK", "ESTAB", "CLOSE-WAIT", "WAITING", "UNREAD")
            .Right("ADDRESSES", "STUCK", "ESTAB", "CLOSE-WAIT", "WAITING", "UNREAD").Names(key).Drop("ESTAB", "UNREAD", "WAITING")
            .Colour("STUCK", stuck => stuck == "0" ? Tone.None : Tone.Bad);
        foreach (var sum in sums.Take(MostSums))
        {
            table.Add(
                sum.Key, Shown.Number(sum.Listening), Shown.Number(sum.Stuck), Shown.Number(sum.Established), Shown.Number(sum.CloseWait),
                Shown.Number(sum.Waiting), Shown.Number(sum.UnreadBytes));
        }

        output.WriteLine();
        output.WriteLine(heading);
        table.Write(output, screen);
        if (sums.Count > MostSums) output.WriteLine(Invariant($"  and {sums.Count - MostSums} more: -o json"));
    }

    private static IEnumerable<string> Kernel(NodeReport report)
    {
        if (report.Counters.Count > 0)
            yield return $"  {string.Join(", ", report.Counters.Select(counter => Invariant($"{counter.Name} {counter.Value}") + Meanwhile(counter)))}";
        string[] well = [.. report.Settings.Where(setting => setting.Problem is null).Select(setting => $"{ShortName(setting)} {Value(setting)}")];
        if (well.Length > 0) yield return $"  {string.Join(", ", well)}";
        foreach (var setting in report.Settings.Where(setting => setting.Problem is not null))
            yield return $"  ! {setting.Name} is {Value(setting)}: {setting.Problem}";
        var outgoing = report.WithoutListener;
        if (outgoing.Established + outgoing.CloseWait > 0)
        {
            yield return Invariant($"  connections of this node's own: {outgoing.Established} ESTABLISHED, {outgoing.CloseWait} CLOSE_WAIT with ")
                + Invariant($"{outgoing.UnreadBytes} unread bytes");
        }

        yield return Invariant($"  read from {report.Source} in {report.ElapsedMilliseconds} ms")
            + (report.ServicesFrom is { } from ? $", Services of {from}" : "; nobody said which Services there are (--manifests, --kubeconfig)");
    }

    private static string Meanwhile(CounterItem counter) => counter.Value > counter.Before ? Invariant($" (+{counter.Value - counter.Before})") : "";

    private static string ShortName(SettingItem setting) => setting.Name[(setting.Name.LastIndexOf('.') + 1)..];

    private static string Value(SettingItem setting) => setting.Value.Length == 0 ? "none" : setting.Value.Replace(' ', '-');

    private void Section(string heading, IEnumerable<string> lines)
    {
        bool first = true;
        foreach (string line in lines)
        {
            if (first)
            {
                output.WriteLine();
                output.WriteLine(heading);
            }

            first = false;
            Wrapped(line);
        }
    }

    private void Wrapped(string line)
    {
        foreach (string part in screen.Wrap(PrintedLine.Of(line), indent: 6)) output.WriteLine(part);
    }

    private static Tone ToneOf(string verdict) => verdict.Split(' ')[0] switch
    {
        "handled" => Tone.Good,
        "placeholder" or "unserved" => Tone.Bad,
        // A test connection has not come to the process that listens.
        "kernel" or "none" or "filtered" => Tone.Warning,
        _ => Tone.None,
    };

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
