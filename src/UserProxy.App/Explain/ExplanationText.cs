
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Kubernetes.Building;

namespace UserProxy.App.Explain;

/// <summary><c>explain</c> for people: one block for each service port, what to do last.</summary>
internal static class ExplanationText
{
    /// <param name="output">Where to.</param>
    /// <param name="explanation">What the proxy says.</param>
    /// <param name="now">Of the clock of this node.</param>
    /// <param name="screen">What for.</param>
    public static void Write(TextWriter output, Explanation explanation, DateTimeOffset now, Screen screen = default)
    {
        foreach (string line in Freshness.LinesOf(explanation.SourceTrouble, explanation.Draining, now))
        {
            WriteLine(output, screen, 2, line);
            output.WriteLine();
        }

        string from = explanation.From is { } client ? $"from {client}" : "from this node (another client: --from IP)";
        foreach (var port in explanation.Ports)
        {
            Write(output, port, from, screen);
            output.WriteLine();
        }

        if (explanation.Ports.Count == 0) WriteLine(output, $"nothing of it is reached {from}: it has no address of that family");
        // What keeps a port from serving stands there already, with what to do.
        var issues = explanation.Issues.Where(issue => explanation.Ports.Count == 0 || !IsToldOfPorts(issue.Reason)).ToList();
        if (issues.Count == 0) return;
        WriteLine(output, "Declared, and not served as written");
        foreach (var issue in issues) WriteLine(output, screen, 4, $"  {issue.Subject}: {issue.Message} ({issue.Reason})");
    }

    private static bool IsToldOfPorts(string reason) =>
        reason is IssueReasons.NoAddress or IssueReasons.NoEndpointSlice or IssueReasons.NoMatchingPort or IssueReasons.AddressNotServed
            or IssueReasons.NoReadyEndpoint or IssueReasons.NoEndpoints;

    private static void Write(TextWriter output, ExplainedPort port, string from, Screen screen)
    {
        var service = port.Service;
        string name = service.Port.Length == 0 ? $"{service.Namespace}/{service.Name}" : $"{service.Namespace}/{service.Name}:{service.Port}";
        string affinity = service.SessionAffinityTimeoutSeconds is { } seconds ? $"session affinity for {Shown.Time(seconds)}" : "no session affinity";
        WriteLine(output, $"{name}   {service.Protocol} {service.PortNumber}, {service.IpFamily}");
        WriteLine(
            output, screen, 2, $"  scheduler {service.Scheduler}, {affinity}, internalTrafficPolicy {service.InternalTrafficPolicy}, externalTrafficPolicy "
                + $"{service.ExternalTrafficPolicy}");
        foreach (string line in ProxyProtocolWords.Of(service)) WriteLine(output, screen, 2, $"  {line}");
        if (port.Pin is { } pin) WriteLine(output, $"  the client is pinned to {pin}");
        output.WriteLine();

        WriteLine(output, $"  {(service.Protocol == "UDP" ? "A first datagram" : "A new connection")} {from}");
        WriteRows(
            output, screen, port.Addresses.Select(address => (Key: $"to {address.Address} ({address.Kind})", address.Says, Tone: Tone.None)),
            "has no address to go to");
        WriteUnserved(output, screen, service);
        output.WriteLine();
        WriteLine(output, "  Endpoints");
        var endpoints = port.Endpoints.Select(endpoint => (Key: $"{Mark(endpoint)} {endpoint.Endpoint}", Says: SaysOf(endpoint), Tone: ToneOf(endpoint)));
        WriteRows(output, screen, endpoints, "none");
        if (port.NextSteps.Count == 0) return;
        output.WriteLine();
        WriteLine(output, "  What to do");
        foreach (string step in port.NextSteps) WriteLine(output, screen, 6, $"    * {step}");
    }

    /// <summary>Without an address at all it is what to do first.</summary>
    private static void WriteUnserved(TextWriter output, Screen screen, ServiceItem service)
    {
        if (service.Listeners.Count == 0 || service.NotServed.Count == 0) return;
        output.WriteLine();
        WriteLine(output, "  Not served here");
        WriteRows(
            output, screen,
            service.NotServed.Select(
                unserved => (Key: $"{Shown.EndPoint(unserved.Address, unserved.Port)} ({unserved.Kind})", unserved.Reason, Tone.None)), ifNone: "");
    }

    private static string SaysOf(ExplainedEndpoint endpoint) =>
        endpoint.ClientAddress is { } address ? $"{endpoint.Says}; client address {address}" : endpoint.Says;

    /// <summary>A plus stands for nothing that is known to fail.</summary>
    private static char Mark(ExplainedEndpoint endpoint) => !endpoint.Used ? '-' : endpoint.State switch
    {
        HealthWords.Failing => '!',
        HealthWords.Silent => '?',
        _ => '+',
    };

    private static Tone ToneOf(ExplainedEndpoint endpoint) => Mark(endpoint) switch
    {
        '!' => Tone.Bad,
        '-' or '?' => Tone.Warning,
        _ => Tone.Good,
    };

    private static void WriteRows(TextWriter output, Screen screen, IEnumerable<(string Key, string Says, Tone Tone)> rows, string ifNone)
    {
        var all = rows.ToList();
        int width = all.Count == 0 ? 0 : all.Max(row => row.Key.Length);
        // Words beside a long key would have no room: they go under it.
        int indent = screen.Width is { } columns && width + 7 > columns / 2 ? 8 : width + 7;
        foreach (var (key, says, tone) in all)
        {
            bool isFirst = true;
            foreach (string line in screen.Wrap(PrintedLine.Of($"    {key.PadRight(width)}   {says}"), indent))
            {
                output.WriteLine(isFirst && tone != Tone.None ? $"    {screen.Paint(line[4..5], tone)}{line[5..]}" : line);
                isFirst = false;
            }
        }

        if (all.Count == 0) WriteLine(output, $"    {ifNone}");
    }

    private static void WriteLine(TextWriter output, string line) => WriteLine(output, Screen.None, 0, line);

    private static void WriteLine(TextWriter output, Screen screen, int indent, string line)
    {
        foreach (string part in screen.Wrap(PrintedLine.Of(line), indent)) output.WriteLine(part);
    }
}
