using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.App.Run;

namespace UserProxy.App.CommandLine;

/// <summary>
/// <c>--watch</c>: the same table again and again. A terminal has it redrawn in place, as much as fits; a pipe gets it again when it has changed.
/// </summary>
internal static class Watching
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <param name="watch">Else once.</param>
    /// <param name="draw">Asks, prints, and gives an exit code.</param>
    /// <param name="surroundings">Where to.</param>
    /// <param name="cancellation">Ends it, as a signal does.</param>
    /// <returns>The exit code of the only drawing; a watch that is ended has done what it was to do.</returns>
    public static async Task<int> RunAsync(
        bool watch, Func<TextWriter, CancellationToken, Task<int>> draw, Surroundings surroundings, CancellationToken cancellation)
    {
        if (!watch) return await draw(surroundings.Out, cancellation);

        using var signals = StopSignals.Listen(NullLogger.Instance, TimeSpan.Zero, surroundings.Time, cancellation, hangupStops: true, onlyPrints: true);
        try
        {
            await DrawUntilStoppedAsync(draw, surroundings, signals.Stop);
        }
        catch (OperationCanceledException) when (signals.Stop.IsCancellationRequested)
        {
            // In the middle of an answer.
        }

        return ExitCode.Done;
    }

    /// <summary>Where to say what is no data: on a terminal that is redrawn into the picture, which would wipe it away or be torn by it.</summary>
    public static TextWriter TalkOf(bool watch, TextWriter output, Surroundings surroundings) =>
        watch && surroundings.OutIsTerminal ? output : surroundings.Error;

    /// <summary>Says it there, in lines as wide as the terminal where it is one.</summary>
    /// <param name="talk">Of <see cref="TalkOf"/>.</param>
    /// <param name="surroundings">Whose terminal it is.</param>
    /// <param name="lines">With text that may be a tenant's.</param>
    public static async Task SayAsync(TextWriter talk, Surroundings surroundings, params IEnumerable<string> lines)
    {
        var screen = talk == surroundings.Error ? Screen.OfError(surroundings) : Screen.Of(surroundings);
        foreach (string line in lines.SelectMany(line => screen.Wrap(PrintedLine.Of(line), Screen.Indent))) await talk.WriteLineAsync(line);
    }

    private static async Task DrawUntilStoppedAsync(Func<TextWriter, CancellationToken, Task<int>> draw, Surroundings surroundings, CancellationToken stop)
    {
        string? last = null;
        while (!stop.IsCancellationRequested && !surroundings.OutIsGone())
        {
            using var text = new StringWriter { NewLine = "\n" };
            await draw(text, stop);
            string now = text.ToString();
            if (surroundings.OutIsTerminal) await surroundings.Out.WriteAsync(Frame(now, surroundings.OutHeight(), isFirst: last is null));
            else if (now != last) await surroundings.Out.WriteAsync(last is null ? now : $"\n{now}");
            await surroundings.Out.FlushAsync(stop);
            last = now;
            await Task.Delay(Pause, surroundings.Time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Over the frame before: each line is written and the rest of it cleared, so that nothing flickers.</summary>
    private static string Frame(string text, int? height, bool isFirst)
    {
        var lines = text.TrimEnd('\n').Split('\n').Take(Math.Max(2, (height ?? int.MaxValue) - 1));
        return (isFirst ? "\e[2J" : "") + "\e[H" + string.Concat(lines.Select(line => $"{line}\e[K\n")) + "\e[J";
    }
}
