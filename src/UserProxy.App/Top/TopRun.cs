using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.App.CommandLine;
using UserProxy.App.Run;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.App.Servers.Glance;

namespace UserProxy.App.Top;

/// <summary><c>top</c> itself: asks, draws, and takes keys meanwhile. Where there is no terminal: one table of all Services.</summary>
internal sealed class TopRun(AdminClient client, TopRequest request, Surroundings surroundings)
{
    private const int UsualHeight = 24;

    /// <summary>Over all Services, for a table without a terminal.</summary>
    private const int MostRounds = 5;

    /// <summary>Where a key cannot be waited for.</summary>
    private static readonly TimeSpan KeysAreReadEvery = TimeSpan.FromMilliseconds(40);

    /// <summary>For a key, which ends the wait: no more than a size that has changed or a signal may go unseen. A wake-up costs more than it looks.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(200);

    /// <summary>A terminal that can do no more than lines (TERM=dumb) is none for this.</summary>
    private bool HasTerminal => surroundings.OutIsTerminal && surroundings.Variable("TERM") is not (null or "" or "dumb");

    /// <exception cref="AdminException">Nobody has answered the first time.</exception>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        if (!HasTerminal) return await PrintAsync(cancellation);
        using var signals = StopSignals.Listen(NullLogger.Instance, TimeSpan.Zero, surroundings.Time, cancellation, hangupStops: true);
        try
        {
            await ShowAsync(signals.Stop);
        }
        catch (OperationCanceledException) when (signals.Stop.IsCancellationRequested)
        {
            // In the middle of an answer.
        }

        return ExitCode.Done;
    }

    /// <summary>With the exit codes of <c>list</c>: what nobody could read has no Services yet.</summary>
    private async Task<int> PrintAsync(CancellationToken cancellation)
    {
        var (all, status) = await AskForAllAsync(cancellation);
        foreach (string line in Freshness.LinesOf(status.SourceTrouble, status.Draining, surroundings.Time.GetUtcNow()))
            await surroundings.Error.WriteLineAsync(line);
        if (all.Count > 0)
        {
            TopTables.Services(all, withNamespace: request.Namespace is null).Write(surroundings.Out, Screen.Of(surroundings));
            return ExitCode.Done;
        }

        var (nothing, code) = status.Revision == 0 ? ($"nothing is served yet: {status.Source} has not been listed", ExitCode.Unreachable)
            : status.SourceTrouble is not null ? ($"nothing is served: {status.Source} could not be read", ExitCode.Failed)
            : (await NoneInNamespaceAsync(cancellation) ?? "no Services", ExitCode.Done);
        await surroundings.Error.WriteLineAsync(PrintedLine.Of(nothing));
        return code;
    }

    /// <summary>In the words of <c>list -n</c>. Null without <c>-n</c>.</summary>
    private async Task<string?> NoneInNamespaceAsync(CancellationToken cancellation)
    {
        if (request.Namespace is not { } space || !ServiceFilter.TryParse([], space, all: false, out var filter, out _)) return null;
        using var json = await client.GetAsync("/v1/services", cancellation);
        var list = client.Read(json, AdminJson.Default.ServiceList);
        return filter.NoneInNamespace([.. list.Services], list.LeftOut) ?? $"no Service in namespace {space}";
    }

    /// <summary>
    /// Each once, though their order changes from one part of the answer to the next: those that come again are dropped, and where some have slipped into a
    /// part that had been read, it is read again.
    /// </summary>
    private async Task<(List<GlanceItem> All, ProcessStatus Status)> AskForAllAsync(CancellationToken cancellation)
    {
        var all = new List<GlanceItem>();
        var taken = new HashSet<string>(StringComparer.Ordinal);
        for (int round = 1; ; round++)
        {
            GlanceAnswer answer;
            int offset = 0;
            do
            {
                answer = await AskAsync(new TopState { Sort = request.SortBy, First = offset }, GlanceQuery.MostServices, cancellation);
                all.AddRange(answer.Services.Where(item => taken.Add(item.Id)));
                offset += answer.Services.Count;
            }
            while (answer.Services.Count > 0 && offset < answer.Matching);

            if (all.Count >= answer.Matching || round == MostRounds) return (all, answer.Status);
        }
    }

    private async Task ShowAsync(CancellationToken stop)
    {
        var state = new TopState { Sort = request.SortBy };
        // Before the terminal is taken: what is wrong is said where it can be read.
        var answer = await AskAsync(state, Frame().RowsFor(state, null), stop);
        long askedAt = surroundings.Time.GetTimestamp();
        string? trouble = null;
        using var terminal = new TopTerminal(surroundings);
        while (true)
        {
            var frame = Frame();
            var view = new TopView(answer, frame.RowsFor(state, answer));
            state = state.Within(view);
            terminal.Draw(frame.Draw(state, answer, trouble));
            var next = await WaitAsync(terminal, state, view, askedAt, stop);
            if (next.Quits) return;
            bool asks = !next.Paused || next.AsksElse(state);
            bool isDue = ReferenceEquals(next, state) || next.AsksElse(state);
            state = next;
            if (!asks || !isDue) continue;
            askedAt = surroundings.Time.GetTimestamp();
            try
            {
                answer = await AskAsync(state, Frame().RowsFor(state, answer), stop);
                trouble = null;
            }
            catch (AdminException e)
            {
                // It may be on its way back.
                trouble = e.Message;
            }
        }
    }

    /// <summary>
    /// Until the interval since <paramref name="askedAt"/> is over (the same state), a key has changed something, or the terminal has another size. A key that
    /// is held does not put off the next look.
    /// </summary>
    private async Task<TopState> WaitAsync(TopTerminal terminal, TopState state, TopView view, long askedAt, CancellationToken stop)
    {
        while (surroundings.Time.GetElapsedTime(askedAt) < request.Interval || state.Paused)
        {
            if (terminal.IsToSuspend)
            {
                terminal.Suspend();
                return state with { };
            }

            var next = state;
            while (terminal.ReadKey() is { } key) next = next.After(key, view);
            if (next != state) return next;
            if (terminal.IsGone) return state with { Quits = true };
            if (terminal.IsResized) return state with { };
            var rest = request.Interval - surroundings.Time.GetElapsedTime(askedAt);
            if (!terminal.TryWait(Least(rest, LongestWait))) await Task.Delay(Least(rest, KeysAreReadEvery), surroundings.Time, stop);
            stop.ThrowIfCancellationRequested();
        }

        return state;
    }

    /// <summary>None is left while it is paused.</summary>
    private static TimeSpan Least(TimeSpan rest, TimeSpan most) => rest > TimeSpan.Zero && rest < most ? rest : most;

    private TopFrame Frame() => new(Screen.Of(surroundings), surroundings.OutHeight() ?? UsualHeight, request.Namespace);

    private async Task<GlanceAnswer> AskAsync(TopState state, int rows, CancellationToken cancellation)
    {
        string query = string.Create(
            CultureInfo.InvariantCulture,
            $"q={Uri.EscapeDataString(state.Filter)}&namespace={Uri.EscapeDataString(request.Namespace ?? "")}&sort={state.Sort}&reverse={(state.Reverse
                ? "true"
                : "false")}&offset={state.First}&limit={Math.Min(rows, GlanceQuery.MostServices)}&chosen={Uri.EscapeDataString(state.Open ?? "")}");
        using var json = await client.GetAsync($"{GlanceAnswers.GlancePath}?{query}", cancellation);
        return client.Read(json, AdminJson.Default.GlanceAnswer);
    }
}
