using System.Globalization;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin.Messages;

namespace UserProxy.App.Trace;

/// <summary>Records of <c>trace</c> for people: a line or a few for each, which begin with the number of the connection.</summary>
internal sealed class TraceText(TextWriter output, Screen screen, bool withFilters)
{
    private const int Indent = 6;

    public void Write(TraceRecord record)
    {
        switch (record.Event)
        {
            case TraceRecord.Arrival:
                WriteArrival(record);
                break;
            case TraceRecord.Choice:
                WriteDecision(record, record.Decision!);
                break;
            case TraceRecord.Dialled:
                WriteDial(record, record.Dial!);
                break;
            case TraceRecord.FirstByte:
                Line(record, $"first byte to the {record.To}");
                break;
            case TraceRecord.Session:
                Line(record, $"session with {record.Upstream!.Endpoint}, from port {Number(record.Upstream.LocalPort)}");
                WriteFilters(record);
                break;
            case TraceRecord.Ended:
                WriteEnd(record, record.End!);
                break;
            case TraceRecord.Skipped:
                Line($"({Shown.Number(record.Count ?? 0)} more not followed: they came faster than a trace follows)");
                break;
            case TraceRecord.Lost:
                Line($"({Shown.Number(record.Count ?? 0)} records lost: they came faster than they were read)");
                break;
        }
    }

    private void WriteArrival(TraceRecord record)
    {
        var connection = record.Connection!;
        string port = connection.Port.Length == 0 ? "" : $":{connection.Port}";
        string time = record.Time.ToString("HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        Line($"{Id(record)}{time} {connection.Protocol} {connection.Namespace}/{connection.Name}{port} at {connection.Kind} {connection.Listener}");
        string told = connection.ToldBy is { } by ? $", told by {by}" : "";
        Detail($"client {connection.Client}{told}{(record.QueuedSeconds is { } queued ? $"; queued for {Time(queued)}" : "")}");
    }

    private void WriteDecision(TraceRecord record, TraceDecision decision)
    {
        string how = decision.Pin is null ? $"scheduler {decision.Scheduler}"
            : decision.Pin == decision.Endpoint ? "pinned"
            : $"pin to {decision.Pin} not kept";
        string local = decision.LocalOnly ? ", this node only" : "";
        Line(record, $"{decision.PolicyScope} policy {decision.Policy}{local}; {how}: {decision.Endpoint ?? "no endpoint"}");
        if (decision.Others.Count == 0) return;
        string more = decision.MoreOthers > 0 ? $" and {Shown.Number(decision.MoreOthers)} more" : "";
        Detail($"not {string.Join(", ", decision.Others.GroupBy(other => other.Reason, other => other.Endpoint).Select(NotChosen))}{more}");
    }

    private void WriteDial(TraceRecord record, TraceDial dial)
    {
        string how = dial.Local is { } local ? $"connected in {Time(dial.Seconds)}, from {local}" : $"{dial.Outcome} after {Time(dial.Seconds)}";
        Line(record, $"dial {Shown.Number(dial.Attempt)}: {dial.Endpoint} {how}");
        WriteFilters(record);
    }

    /// <summary>Each on a line of its own; folded between words, which both programs take for blanks.</summary>
    private void WriteFilters(TraceRecord record)
    {
        if (!withFilters || record.Filters is not { } filters) return;
        foreach (var (leg, filter) in new[] { ("client side", filters.Client), ("Pod side", filters.Endpoint) })
        {
            Detail($"{leg}, tcpdump and Wireshark:");
            Line($"{new string(' ', Indent + 2)}{filter.Tcpdump}", Indent + 2);
            Line($"{new string(' ', Indent + 2)}{filter.Wireshark}", Indent + 2);
        }
    }

    private void WriteEnd(TraceRecord record, TraceEnd end)
    {
        string bytes = $"{Shown.Number(end.BytesIn)} bytes in, {Shown.Number(end.BytesOut)} out";
        string datagrams = end.DatagramsIn is { } received ? $"; datagrams {Shown.Number(received)} in, {Number(end.DatagramsOut)} out" : "";
        Line(record, $"end: {end.Reason}; {bytes}{datagrams}{(end.UniqueId is { } id ? $"; unique id {id}" : "")}");
        WriteLeg("client leg", end.ClientLeg);
        WriteLeg("Pod leg", end.EndpointLeg);
    }

    private void WriteLeg(string name, TraceLeg? leg)
    {
        if (leg is null) return;
        Detail(
            $"{name,-10} rtt {Time(leg.RttSeconds)} +- {Time(leg.RttVarianceSeconds)}, {Shown.Number(leg.Retransmits)} retransmits, "
                + $"cwnd {Shown.Number(leg.Cwnd)} x {Shown.Number(leg.SegmentSize)} bytes");
    }

    private void Line(TraceRecord record, string text) => Line($"{Id(record)}+{Time(record.AfterSeconds ?? 0)} {text}");

    private void Detail(string text) => Line($"{new string(' ', Indent)}{text}");

    private void Line(string text, int indent = Indent)
    {
        foreach (string part in screen.Wrap(PrintedLine.Of(text), indent)) output.WriteLine(part);
    }

    private static string NotChosen(IGrouping<string, string> others) => $"{string.Join(", ", others)} ({ReasonInWords(others.Key)})";

    private static string ReasonInWords(string reason) => reason switch
    {
        "not_chosen" => "another was chosen",
        "pinned_elsewhere" => "the client is pinned elsewhere",
        "tried" => "tried before",
        "not_local" => "on another node",
        "not_used" => "not used here: explain says why",
        _ => reason,
    };

    private static string Id(TraceRecord record) => $"#{Shown.Number(record.Connection!.Id)}".PadRight(Indent - 1) + " ";

    private static string Number(long? number) => number is { } known ? Shown.Number(known) : "?";

    /// <summary>In milliseconds, in which the dials of a cluster are told apart.</summary>
    private static string Time(double seconds) =>
        string.Create(CultureInfo.InvariantCulture, $"{seconds * 1000:0.0##}ms");
}
