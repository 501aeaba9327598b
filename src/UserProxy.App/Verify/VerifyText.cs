using System.Globalization;
using UserProxy.App.CommandLine;

namespace UserProxy.App.Verify;

/// <summary>A verification for a person: a line for each step, what it was seen by and what to type next under it, and the first cause last.</summary>
internal sealed class VerifyText(TextWriter output, Screen screen = default)
{
    /// <summary>Of what goes under a step.</summary>
    private const int Margin = 7;

    private const int MostEvidence = 8, MostUnserved = 3;

    public void Write(Verification verification)
    {
        var facts = verification.Facts;
        string client = facts.Request.From is { } from ? $"for {from}" : "for a process of this node (another client: --from IP)";
        Line($"{facts.Service} on node {facts.Node}, {client}");
        output.WriteLine();
        int width = verification.Steps.Max(step => step.Title.Length);
        // Words beside the titles would have no room: they go under them.
        int indent = screen.Width is { } columns && Margin + width + 2 > columns / 2 ? Margin : Margin + width + 2;
        foreach (var step in verification.Steps) Write(step, width, indent, verification.LeftOut is not null);
        output.WriteLine();
        Summary(verification);
    }

    private void Write(VerifiedStep step, int width, int indent, bool isLeftOut)
    {
        var (mark, tone) = step.Finding.Verdict switch
        {
            StepVerdict.Ok => ('+', Tone.Good),
            StepVerdict.Failed => ('!', Tone.Bad),
            StepVerdict.CannotBeSeen => ('?', Tone.Warning),
            _ => ('-', Tone.None),
        };
        string words = step.Finding.Verdict switch
        {
            StepVerdict.NotAsked => $"not asked: {step.Finding.Says}",
            StepVerdict.CannotBeSeen => $"cannot be seen: {step.Finding.Says}",
            _ => step.Finding.Says,
        };
        string line = string.Create(CultureInfo.InvariantCulture, $"  {mark} {step.Number,2} {step.Title.PadRight(width)}  {words}");
        bool isFirst = true;
        foreach (string part in screen.Wrap(PrintedLine.Of(line), indent))
        {
            output.WriteLine(isFirst ? $"  {screen.Paint(part[2..3], tone)}{part[3..]}" : part);
            isFirst = false;
        }

        foreach (string evidence in step.Finding.Evidence.Take(MostEvidence)) Line($"{new string(' ', Margin)}{evidence}", Margin + 2);
        if (step.Finding.Evidence.Count > MostEvidence) Line($"{new string(' ', Margin)}and {step.Finding.Evidence.Count - MostEvidence} more: -o json");
        if (step.Finding.Next is { } next && !isLeftOut) Line($"{new string(' ', Margin)}> {next}", Margin + 2);
    }

    private void Summary(Verification verification)
    {
        if (verification.FirstCause is { } cause)
        {
            string line = PrintedLine.Of(
                string.Create(CultureInfo.InvariantCulture, $"First cause: step {cause.Number}, {cause.Title}: {cause.Finding.Says}"));
            bool isFirst = true;
            foreach (string part in screen.Wrap(line, 2))
            {
                const string lead = "First cause";
                output.WriteLine(isFirst ? $"{screen.Paint(lead, Tone.Bad)}{part[lead.Length..]}" : part);
                isFirst = false;
            }

            Line($"Next: {cause.Finding.Next}", 2);
            return;
        }

        if (verification.LeftOut is not null)
        {
            output.WriteLine("Nothing is wrong: nothing of it is served by a proxy.");
            return;
        }

        string rest = RestOf(verification);
        // They are declared so, and who meets them may not know.
        string[] but =
        [
            .. verification.Facts.Limited,
            .. verification.Facts.Unserved.ToList() is { Count: > 0 } unserved ? [NamedOf(unserved)] : Array.Empty<string>(),
        ];
        if (but.Length > 0)
        {
            Coloured($"{(rest.Length == 0 ? "The rest is well" : $"The rest is well in what was seen ({rest})")}; {Some(but)}.", Tone.Warning);
            return;
        }

        Coloured(rest.Length == 0 ? "All is well." : $"Nothing is wrong in what was seen; {rest}.", rest.Length == 0 ? Tone.Good : Tone.Warning);
    }

    /// <summary>What has no right or no tool was to be seen; of what was not asked for nobody expects it. Empty when all was seen.</summary>
    private static string RestOf(Verification verification)
    {
        var unseen = verification.Steps.Where(step => step.Finding.Verdict == StepVerdict.CannotBeSeen).ToList();
        int unasked = verification.Steps.Count(step => step.Finding.Verdict == StepVerdict.NotAsked);
        List<string> parts = [];
        if (unseen.Count > 0)
        {
            string titles = string.Join(", ", unseen.Select(step => string.Create(CultureInfo.InvariantCulture, $"{step.Number} {step.Title}")));
            parts.Add($"{Amount.Of(unseen.Count, "step")} could not be seen ({titles})");
        }

        if (unasked > 0) parts.Add($"{Amount.Of(unasked, "step")} {(unasked == 1 ? "was" : "were")} not asked");
        return string.Join(", ", parts);
    }

    private static string NamedOf(List<string> unserved) =>
        string.Join(", ", unserved.Take(MostUnserved)) + (unserved.Count > MostUnserved ? $" and {unserved.Count - MostUnserved} more" : "")
            + $" {(unserved.Count == 1 ? "is" : "are")} not served here";

    private static string Some(string[] lines) =>
        string.Join("; ", lines.Take(MostUnserved)) + (lines.Length > MostUnserved ? $"; and {lines.Length - MostUnserved} more" : "");

    private void Coloured(string text, Tone tone)
    {
        foreach (string part in screen.Wrap(PrintedLine.Of(text), 2)) output.WriteLine(screen.Paint(part, tone));
    }

    /// <summary>All text passes here: some of it is tenants'.</summary>
    private void Line(string text, int indent = 2)
    {
        foreach (string part in screen.Wrap(PrintedLine.Of(text), indent)) output.WriteLine(part);
    }
}
