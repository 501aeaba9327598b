using System.Globalization;
using UserProxy.App.CommandLine;
using UserProxy.App.Configuration;

namespace UserProxy.App.Migrate;

/// <summary>A plan for a person: what is read, what needs a decision (marked with !), what is good to know, and one last line that says how many.</summary>
internal sealed class PlanText(TextWriter output, Screen screen = default)
{
    private const int MostOfAReason = 10;

    /// <summary>True for every move, whatever the cluster: said once at the end, and no reason for an exit code.</summary>
    private static readonly string[] Always =
    [
        "Pods see the node's address as their client, also of traffic inside the cluster.",
        "Connections that are open when a node changes over may end, and do on the way back: the two proxies do not know of each other's.",
        "A process that listens on all addresses of the node keeps Services from its port number; kube-proxy's rules went before it.",
    ];

    public void Write(MigrationPlan plan)
    {
        Line($"Plan for node {plan.Node}. Nothing was changed.");
        Line($"  kube-proxy's configuration: {plan.Configuration ?? "not read"}");
        Line(plan.Source is null
            ? "  Services: not read"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"  Services: {plan.Services} to serve on {plan.TcpListeners} TCP and {plan.UdpListeners} UDP addresses, from {plan.Source}"));
        Fields(plan.Fields, plan.Configuration);
        foreach (var area in plan.Findings.Where(finding => finding.Area != PlanArea.Settings).GroupBy(finding => finding.Area).OrderBy(area => area.Key))
        {
            Heading(area.Key.ToString());
            foreach (var reason in area.GroupBy(finding => (finding.Reason, finding.Action, finding.NeedsDecision))) Reason([.. reason]);
        }

        Heading("With every move");
        foreach (string text in Always) Line($"  - {text}");
        if (plan.Unseen.Count > 0) Heading("Not seen");
        foreach (string text in plan.Unseen) Line($"  - {text}");

        int decisions = plan.Decisions.Count();
        output.WriteLine();
        if (plan.Needs.Count > 0)
        {
            Line("This is no plan yet. It needs:");
            foreach (string text in plan.Needs) Line($"  - {text}");
            if (decisions == 0) return;
        }

        string verdict = decisions switch
        {
            0 => plan.Unseen.Count == 0 ? "Nothing needs a decision." : "Nothing that was seen needs a decision.",
            1 => "1 finding needs a decision.",
            _ => string.Create(CultureInfo.InvariantCulture, $"{decisions} findings need a decision."),
        };
        output.WriteLine(screen.Paint(verdict, decisions > 0 ? Tone.Bad : plan.Unseen.Count == 0 ? Tone.Good : Tone.Warning));
    }

    private void Fields(IReadOnlyList<FieldFate> fields, string? path)
    {
        if (fields.Count == 0) return;
        Heading(
            string.Create(
                CultureInfo.InvariantCulture,
                $"Settings of kube-proxy: {fields.Count(field => field.IsHonoured)} honoured, {fields.Count(field => !field.IsHonoured)} ignored"));
        var shown = fields.Select(field => $"{field.Name}: {field.Value}").ToList();
        int width = Math.Min(50, shown.Max(text => text.Length));
        // Words beside long settings would have no room: they go under them.
        if (screen.Width is { } columns && width + 7 > columns / 2) width = 0;
        foreach (var (field, text) in fields.Zip(shown))
        {
            Line($"  {(field.IsHonoured ? '+' : field.Decision is null ? '-' : '!')} {text.PadRight(width)}   {field.Why}", indent: width == 0 ? 6 : width + 7);
            if (!field.IsHonoured && field.Decision is { } decision) Line($"      > {decision} ({path}:{field.Line})", indent: 8);
        }
    }

    private void Reason(IReadOnlyList<PlanFinding> findings)
    {
        var first = findings[0];
        char mark = first.NeedsDecision ? '!' : '-';
        if (findings.Count == 1)
        {
            Line($"  {mark} {first.Reason}: {first.Subject}: {first.Message}");
        }
        else
        {
            Line(string.Create(CultureInfo.InvariantCulture, $"  {mark} {first.Reason}, {findings.Count} times"));
            foreach (var finding in findings.Take(MostOfAReason)) Line($"      {finding.Subject}: {finding.Message}");
            if (findings.Count > MostOfAReason)
                Line(string.Create(CultureInfo.InvariantCulture, $"      and {findings.Count - MostOfAReason} more: -o json has all"));
        }

        if (first.Action is { } action) Line($"      > {action}");
    }

    private void Heading(string text)
    {
        output.WriteLine();
        Line(text);
    }

    /// <summary>All text passes here: some of it is tenants'. The mark of a line has a colour.</summary>
    /// <param name="text">The line.</param>
    /// <param name="indent">Of what does not fit the terminal; 0 for two more than the line has itself.</param>
    private void Line(string text, int indent = 0)
    {
        string line = PrintedLine.Of(text);
        int margin = line.Length - line.TrimStart(' ').Length;
        bool isFirst = true;
        foreach (string part in screen.Wrap(line, indent > 0 ? indent : margin + 2))
        {
            bool hasMark = isFirst && margin == 2 && part.Length > 3 && part[3] == ' ';
            var tone = (hasMark ? part[2] : ' ') switch { '!' => Tone.Bad, '+' => Tone.Good, _ => Tone.None };
            output.WriteLine(tone == Tone.None ? part : $"  {screen.Paint(part[2..3], tone)}{part[3..]}");
            isFirst = false;
        }
    }
}
