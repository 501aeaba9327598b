using System.Globalization;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Kubernetes.Building;
using UserProxy.Model;

namespace UserProxy.App.Status;

/// <summary><c>/v1/status</c> for a person: ready or not first, and last everything that is wrong.</summary>
internal sealed class StatusText(TextWriter output, Screen screen)
{
    private const int KeyWidth = 12, CommitLength = 12;

    public void Write(ProcessStatus status, DateTimeOffset now)
    {
        bool isWell = StatusCommand.IsWell(status);
        string verdict = !status.Ready ? "not ready" : isWell ? "ready" : "ready, with issues";
        // The proxy is well, and its clients are not: said in the first line, which may be all that is read.
        int failing = status.Issues.Count(issue => issue.Reason == FailingEndpoints.Reason);
        string unready = failing == 0 ? ""
            : Invariant($"; {failing} of {Amount.Of(status.ServicePorts, "Service port")} {(failing == 1 ? "answers" : "answer")} nobody");
        if (status.FailingEndpointsTotal is > 0 and var some)
        {
            string ports = failing == 0 ? Amount.Of(some, "Service port") : Shown.Number(some);
            unready += $"; {ports} {(some == 1 ? "has" : "have")} some endpoints that fail";
        }

        if (status.SilentEndpointsTotal is > 0 and var silent)
            unready += $"; {Amount.Of(silent, "Service port")} {(silent == 1 ? "has" : "have")} endpoints that are silent";
        if (status.BadEndsTotal is > 0 and var ended)
            unready += $"; connections of {Amount.Of(ended, "Service port")} end badly";
        if (status.NoReadyEndpointTotal > 0) unready += $"; {Amount.Of(status.NoReadyEndpointTotal, "Service port")} without a ready endpoint";
        var tone = !status.Ready ? Tone.Bad : isWell && unready.Length == 0 ? Tone.Good : Tone.Warning;
        Verdict($"{PrintedLine.Of(status.Node)}:", $"{verdict}{unready}", tone);
        string commit = status.Commit.Length > CommitLength ? status.Commit[..CommitLength] : status.Commit;
        Field("version", Invariant($"{status.Version} ({commit}), {status.Transport}, up {Shown.Time(status.UptimeSeconds)}, pid {status.Pid}"));
        foreach (string line in Freshness.LinesOf(null, status.Draining, now)) Field("drain", line);
        Field("source", SourceOf(status));
        foreach (string line in Freshness.LinesOf(status.SourceTrouble, isDraining: false, now)) Field("", line);
        if (status.TookOver is { } tookOver) Field("took over", Of(tookOver, now));
        Field("table", TableOf(status, now));
        Field("listeners", ListenersOf(status));
        Field("connections", Invariant($"{status.ActiveConnections}; descriptors {status.DescriptorsHeld} of {status.DescriptorsLimit} used or set aside")
            + (status.AcceptPauses > 0 ? Invariant($"; accepting has paused {status.AcceptPauses} times") : ""));
        Section("Not followed", status.Followed.Where(item => item.Trouble is not null).Select(item => TroubleOf(item, now)));
        Section("Failed", status.FailedListeners.Where(failed => !StatusCommand.IsLeft(failed)).Select(failed =>
            $"{failed.Kind} {Shown.EndPoint(failed.Address, failed.PortNumber)} of {failed.Namespace}/{failed.Name}: {failed.Reason ?? "not known why"}"));
        Section("No endpoint is ready", [
            .. status.NoReadyEndpoint.Select(LineOf).Distinct(StringComparer.Ordinal),
            .. status.NoReadyEndpointTotal > status.NoReadyEndpoint.Count
                ? [More(status.NoReadyEndpointTotal - status.NoReadyEndpoint.Count, "userproxy list -A --sort-by STATE")]
                : Array.Empty<string>()]);
        Section("Endpoints fail", [
            .. status.FailingEndpoints.Select(item => LineOf(item, now)),
            .. status.FailingEndpointsTotal > status.FailingEndpoints.Count
                ? [More(status.FailingEndpointsTotal - status.FailingEndpoints.Count, "userproxy list -A --stats --sort-by STATE")]
                : Array.Empty<string>()]);
        Section("Endpoints are silent", [
            .. status.SilentEndpoints.Select(LineOfSilent),
            .. status.SilentEndpointsTotal > status.SilentEndpoints.Count
                ? [More(status.SilentEndpointsTotal - status.SilentEndpoints.Count, "userproxy list -A --stats --sort-by STATE")]
                : Array.Empty<string>()]);
        Section("Connections end badly", [
            .. status.BadEnds.Select(ends => $"{ends.Namespace}/{ends.Name}{(ends.Port.Length == 0 ? "" : $":{ends.Port}")}: {ends.Says}: {ends.Next}"),
            .. status.BadEndsTotal > status.BadEnds.Count ? [Invariant($"and {status.BadEndsTotal - status.BadEnds.Count} more")] : Array.Empty<string>()]);
        Section("Issues", status.Issues.Where(issue => !StatusCommand.IsNote(issue)).Select(LineOf));
        Section("Notes", status.Issues.Where(StatusCommand.IsNote).Select(LineOf));
    }

    private static string SourceOf(ProcessStatus status)
    {
        if (status.Followed.Count == 0) return status.Source;
        string age = status.SourceAgeSeconds is { } seconds ? $"last heard of {Shown.Time(seconds)} ago" : "nothing is known yet";
        return $"{status.Source}, {age}";
    }

    /// <summary>Whoever started this process may have meant to have both.</summary>
    private static string Of(TookOverItem tookOver, DateTimeOffset now)
    {
        string from = tookOver.Source is { } before ? $", which served {before}" : "";
        string left = tookOver.NotServedTotal == 0 ? ""
            : $"; Services no longer served: {string.Join(", ", tookOver.NotServed)}"
                + (tookOver.NotServedTotal > tookOver.NotServed.Count ? Invariant($" and {tookOver.NotServedTotal - tookOver.NotServed.Count} more") : "");
        return $"from {tookOver.Holder} {Ago(tookOver.At, now)} ago{from}{left}";
    }

    private static string TableOf(ProcessStatus status, DateTimeOffset now)
    {
        if (status.Revision == 0) return "none yet";
        string applied = status.LastAppliedAt is { } at ? $", in force since {Ago(at, now)} ago" : "";
        string pending = status.PendingSince is { } since ? $"; a change has been waiting for {Ago(since, now)}" : "";
        string empty = status.NoEndpointsTotal == 0 ? "" : Invariant($" ({status.NoEndpointsTotal} without endpoints)");
        return Invariant($"revision {status.Revision}, {Amount.Of(status.ServicePorts, "Service port")}{empty}{applied}{pending}");
    }

    private static string ListenersOf(ProcessStatus status)
    {
        string states = string.Join(", ", status.Listeners.Where(state => state.Value > 0).Select(state => Invariant($"{state.Value} {state.Key}")));
        return states.Length == 0 ? "none" : states;
    }

    /// <summary>401s are a matter of this node's credential, and since when tells what has changed.</summary>
    private static string TroubleOf(FollowedItem item, DateTimeOffset now)
    {
        string kind = item.Failure switch
        {
            "unauthorized" => "the API server answers 401",
            "forbidden" => "the API server answers 403",
            { } other => other,
            null => "trouble",
        };
        string since = (item.FailureSince ?? item.TroubleSince) is { } at ? $" since {at:u} ({Ago(at, now)})" : "";
        return $"{item.Resource}: {kind}{since}: {item.Trouble}";
    }

    private static string LineOf(UnreadyItem unready)
    {
        string name = $"{unready.Namespace}/{unready.Name}", port = unready.Port.Length == 0 ? "" : $":{unready.Port}";
        string what = unready.Ready > 0 ? Amount.NoneOf(unready.Endpoints, "endpoint", "may be dialled", "must not be dialled")
            : (unready.Endpoints == 1 ? "its only endpoint is not ready" : Invariant($"0 of {unready.Endpoints} endpoints ready"))
                + (unready.Terminating > 0 ? Invariant($", {unready.Terminating} terminating") : "");
        string meets = unready.Used > 0 ? Invariant($"{unready.Used} still {(unready.Used == 1 ? "serves" : "serve")}") : ServiceDiagnosis.WhenClosed(
            unready.Protocol == "UDP" ? TransportProtocol.Udp : TransportProtocol.Tcp);
        return $"{name}{port}: {what}; {meets}: {Screen.Unbroken($"userproxy explain {name}")}";
    }

    private static string LineOf(FailingItem item, DateTimeOffset now)
    {
        string name = $"{item.Namespace}/{item.Name}", port = item.Port.Length == 0 ? "" : $":{item.Port}";
        string error = item.LastError is { } last ? $" ({HealthWords.Shown(last, item.Protocol == "UDP")})" : "";
        string since = item.FailingSince is { } at ? $" since {Ago(at, now)} ago" : "";
        return Invariant($"{name}{port}: {item.Failing} of {item.Endpoints} endpoints {(item.Failing == 1 ? "fails" : "fail")}: {item.Endpoint}{error}{since}")
            + (item.Failing > 1 ? Invariant($" and {item.Failing - 1} more") : "") + $": {Screen.Unbroken($"userproxy explain {name}")}";
    }

    private static string LineOfSilent(FailingItem item)
    {
        string name = $"{item.Namespace}/{item.Name}", port = item.Port.Length == 0 ? "" : $":{item.Port}";
        return Invariant($"{name}{port}: {item.Failing} of {item.Endpoints} endpoints {(item.Failing == 1 ? "takes" : "take")} connections, and nobody has ")
            + Invariant($"had an answer since one waited: {item.Endpoint}") + (item.Failing > 1 ? Invariant($" and {item.Failing - 1} more") : "")
            + $": {Screen.Unbroken($"userproxy explain {name}")}";
    }

    private static string LineOf(IssueItem issue) => $"{issue.Subject}: {issue.Message} ({issue.Reason})";

    private static string More(int count, string command) => Invariant($"and {count} more: {Screen.Unbroken(command)}");

    private static string Ago(DateTimeOffset at, DateTimeOffset now) => Shown.Time(Math.Max(0, (now - at).TotalSeconds));

    /// <summary>The name of the node is no verdict, and has no colour.</summary>
    private void Verdict(string node, string says, Tone tone)
    {
        foreach (string line in screen.Wrap($"{node} {says}", Screen.Indent))
        {
            string lead = line.StartsWith(node, StringComparison.Ordinal) ? node : "";
            string rest = line[lead.Length..];
            string painted = rest.TrimStart();
            output.WriteLine($"{lead}{rest[..^painted.Length]}{(painted.Length > 0 ? screen.Paint(painted, tone) : "")}");
        }
    }

    private void Field(string name, string value)
    {
        foreach (string line in screen.Wrap(PrintedLine.Of($"  {name.PadRight(KeyWidth)}{value}"), indent: KeyWidth + 2)) output.WriteLine(line);
    }

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
            foreach (string part in screen.Wrap(PrintedLine.Of($"  {line}"), indent: 4)) output.WriteLine(part);
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
