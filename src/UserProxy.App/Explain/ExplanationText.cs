
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin.Messages;

namespace UserProxy.App.Explain;

/// <summary><c>explain</c> for people: one block for each service port, what to do last.</summary>
internal static class ExplanationText
{
    public static void Write(TextWriter output, Explanation explanation)
    {
        string from = explanation.From is { } client ? $"from {client}" : "from this node (another client: --from IP)";
        foreach (var port in explanation.Ports)
        {
            Write(output, port, from);
            output.WriteLine();
        }

        if (explanation.Ports.Count == 0) WriteLine(output, $"nothing of it is reached {from}: it has no address of that family");
        if (explanation.Issues.Count == 0) return;
        WriteLine(output, "Declared, and not served as written");
        foreach (var issue in explanation.Issues) WriteLine(output, $"  {issue.Subject}: {issue.Message} ({issue.Reason})");
    }

    private static void Write(TextWriter output, ExplainedPort port, string from)
    {
        var service = port.Service;
        string name = service.Port.Length == 0 ? $"{service.Namespace}/{service.Name}" : $"{service.Namespace}/{service.Name}:{service.Port}";
        string affinity = service.SessionAffinityTimeoutSeconds is { } seconds ? $"session affinity for {Shown.Time(seconds)}" : "no session affinity";
        WriteLine(output, $"{name}   {service.Protocol} {service.PortNumber}, {service.IpFamily}");
        WriteLine(
            output, $"  scheduler {service.Scheduler}, {affinity}, internalTrafficPolicy {service.InternalTrafficPolicy}, externalTrafficPolicy "
                + $"{service.ExternalTrafficPolicy}");
        if (port.Pin is { } pin) WriteLine(output, $"  the client is pinned to {pin}");
        output.WriteLine();

        WriteLine(output, $"  A new connection {from}");
        WriteRows(output, port.Addresses.Select(address => (Key: $"to {address.Address} ({address.Kind})", address.Says)), "has no address to go to");
        output.WriteLine();
        WriteLine(output, "  Endpoints");
        WriteRows(output, port.Endpoints.Select(endpoint => (Key: $"{(endpoint.Used ? '+' : '-')} {endpoint.Endpoint}", endpoint.Says)), "none");
        if (port.NextSteps.Count == 0) return;
        output.WriteLine();
        WriteLine(output, "  What to do");
        foreach (string step in port.NextSteps) WriteLine(output, $"    * {step}");
    }

    private static void WriteRows(TextWriter output, IEnumerable<(string Key, string Says)> rows, string ifNone)
    {
        var all = rows.ToList();
        int width = all.Count == 0 ? 0 : all.Max(row => row.Key.Length);
        foreach (var (key, says) in all) WriteLine(output, $"    {key.PadRight(width)}   {says}");
        if (all.Count == 0) WriteLine(output, $"    {ifNone}");
    }

    private static void WriteLine(TextWriter output, string line) => output.WriteLine(PrintedLine.Of(line));
}
