using System.Text;
using System.Text.Json;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;

namespace UserProxy.App.Inspect;

/// <summary>A judgement for a program. Fields are never lost nor renamed; absent knowledge is null or an empty list.</summary>
internal sealed class InspectJson(UserNames users, string node, bool indented)
{
    /// <summary>Connections may be many.</summary>
    private const int MostHolders = 256;

    public string Write(PortFacts facts, Judgement judgement)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = indented }))
        {
            json.WriteStartObject();
            json.WriteString("apiVersion", ApiVersion.V1);
            json.WriteString("node", node);
            json.WriteNumber("port", facts.Question.Port);
            json.WriteString("protocol", IsUdp(facts) ? "UDP" : "TCP");
            WriteText(json, "address", facts.Question.Address?.ToString());
            json.WriteString("verdict", InspectText.Name(judgement.Verdict));
            json.WriteBoolean("certain", judgement.IsCertain);
            json.WriteString("summary", judgement.Summary);
            WriteTexts(json, "reasons", judgement.Reasons);
            WriteTexts(json, "remarks", judgement.Remarks);
            WriteTexts(json, "nextSteps", judgement.NextSteps);
            WriteListeners(json, facts, facts.After.Where(row => IsUdp(facts) || row.State == SocketState.Listen));
            WriteConnections(json, facts);
            WriteOtherHolders(json, facts);
            WriteOtherProtocol(json, judgement.Other);
            WriteProbes(json, facts);
            WriteCounters(json, facts);
            WriteRules(json, facts);
            WriteTexts(json, "unseen", facts.Unseen);
            json.WriteString("source", facts.Source);
            json.WriteNumber("elapsedMilliseconds", Milliseconds(facts.Elapsed));
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    /// <summary>Of TCP those in LISTEN; of UDP all sockets.</summary>
    private void WriteListeners(Utf8JsonWriter json, PortFacts facts, IEnumerable<SocketRow> sockets)
    {
        bool udp = IsUdp(facts);
        json.WriteStartArray("listeners");
        foreach (var row in sockets)
        {
            json.WriteStartObject();
            json.WriteString("address", row.Local.Address.ToString());
            json.WriteNumber("port", row.Local.Port);
            json.WriteNumber("uid", row.Uid);
            json.WriteString("user", users.Of(row.Uid));
            json.WriteNumber("inode", row.Inode);
            WriteNumber(json, udp ? "receiveQueueBefore" : "acceptQueueBefore", facts.Earlier(row)?.ReceiveQueue);
            json.WriteNumber(udp ? "receiveQueue" : "acceptQueue", row.ReceiveQueue);
            if (udp) WriteNumber(json, "receiveBuffer", row.ReceiveBuffer);
            else WriteNumber(json, "backlog", row.SendQueue);
            if (udp) WriteNumber(json, "drops", row.Drops);
            WriteOwners(json, facts.Owners.Of(row.Inode));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteConnections(Utf8JsonWriter json, PortFacts facts)
    {
        json.WriteStartArray("connections");
        if (facts.Question.Protocol == TransportProtocol.Tcp)
        {
            foreach (var kind in facts.Connections.GroupBy(row => (row.State, row.IsOwned)).OrderBy(kind => kind.Key))
            {
                json.WriteStartObject();
                json.WriteString("state", Words.State(kind.Key.State));
                json.WriteBoolean("owned", kind.Key.IsOwned);
                json.WriteNumber("count", kind.Count());
                json.WriteNumber("unreadBytes", kind.Sum(row => (long)row.ReceiveQueue));
                WriteOwners(json, [.. kind.SelectMany(row => facts.Owners.Of(row.Inode)).DistinctBy(owner => owner.Pid)]);
                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
    }

    /// <summary>Who has the port besides those that listen, and without an owner what the kernel alone still keeps of it.</summary>
    private void WriteOtherHolders(Utf8JsonWriter json, PortFacts facts)
    {
        json.WriteStartArray("otherHolders");
        foreach (var row in facts.OtherHolders.Concat(facts.Kept).Take(MostHolders))
        {
            json.WriteStartObject();
            json.WriteString("address", row.Local.Address.ToString());
            json.WriteNumber("port", row.Local.Port);
            json.WriteString("state", Words.State(row.State));
            WriteText(json, "peer", row.Remote.Port == 0 ? null : row.Remote.ToString());
            WriteOwners(json, facts.Owners.Of(row.Inode));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Null, unless nobody has the port and somebody has its number in the other protocol.</summary>
    private void WriteOtherProtocol(Utf8JsonWriter json, OtherPort? other)
    {
        if (other is null)
        {
            json.WriteNull("otherProtocol");
            return;
        }

        json.WriteStartObject("otherProtocol");
        json.WriteString("protocol", other.Name);
        WriteTexts(json, "services", other.Services);
        WriteListeners(json, other.Facts, other.Sockets);
        json.WriteString("command", other.Command);
        json.WriteEndObject();
    }

    private void WriteProbes(Utf8JsonWriter json, PortFacts facts)
    {
        json.WriteStartArray("probes");
        foreach (var probe in facts.Probes)
        {
            json.WriteStartObject();
            json.WriteString("address", probe.Target.Address.ToString());
            json.WriteString("outcome", JsonNamingPolicy.CamelCase.ConvertName(probe.Outcome.ToString()));
            WriteText(json, "error", probe.Error);
            json.WriteNumber("connectMilliseconds", Milliseconds(probe.ConnectTime));
            json.WriteBoolean("accepted", probe.AcceptedAfter is not null);
            WriteNumber(json, "acceptedAfterMilliseconds", probe.AcceptedAfter is { } after ? Milliseconds(after) : null);
            json.WriteNumber("waitedMilliseconds", Milliseconds(probe.Waited));
            WriteText(json, "state", probe.Child is { } child ? Words.State(child.State) : null);
            WriteOwners(json, facts.Owners.Of(probe.Child?.Inode ?? 0));
            WriteText(json, "natTo", probe.NatTo?.ToString());
            json.WriteNumber("bytesReceived", probe.BytesReceived);
            json.WriteString("peerEnd", JsonNamingPolicy.CamelCase.ConvertName(probe.PeerEnd.ToString()));
            if (probe.ClosedAfterFin is { } closed) json.WriteBoolean("closedAfterFin", closed);
            else json.WriteNull("closedAfterFin");
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteCounters(Utf8JsonWriter json, PortFacts facts)
    {
        json.WriteStartObject("counters");
        WriteNumber(json, "listenOverflows", facts.CountersAfter?.Overflows);
        WriteNumber(json, "listenOverflowsBefore", facts.CountersBefore?.Overflows);
        WriteNumber(json, "listenDrops", facts.CountersAfter?.Drops);
        WriteNumber(json, "listenDropsBefore", facts.CountersBefore?.Drops);
        json.WriteEndObject();
    }

    private static void WriteRules(Utf8JsonWriter json, PortFacts facts)
    {
        json.WriteStartArray("rules");
        foreach (var rule in facts.Rules)
        {
            json.WriteStartObject();
            json.WriteString("source", rule.Source);
            json.WriteString("place", rule.Place);
            json.WriteString("text", rule.Text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteOwners(Utf8JsonWriter json, IReadOnlyList<SocketOwner> owners)
    {
        json.WriteStartArray("owners");
        foreach (var owner in owners)
        {
            json.WriteStartObject();
            json.WriteNumber("pid", owner.Pid);
            json.WriteString("name", owner.Name);
            json.WriteNumber("uid", owner.Uid);
            json.WriteString("user", users.Of(owner.Uid));
            json.WriteNumber("descriptors", owner.Descriptors);
            WriteNumber(json, "descriptorLimit", owner.DescriptorLimit);
            json.WriteBoolean("stopped", owner.IsStopped);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static bool IsUdp(PortFacts facts) => facts.Question.Protocol == TransportProtocol.Udp;

    private static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts) json.WriteStringValue(text);
        json.WriteEndArray();
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? text)
    {
        if (text is null) json.WriteNull(name);
        else json.WriteString(name, text);
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, double? number)
    {
        if (number is { } known) json.WriteNumber(name, known);
        else json.WriteNull(name);
    }

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 1);
}
