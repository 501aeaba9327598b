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

    private static readonly TimeSpan KeysAreReadEvery = TimeSpan.FromMilliseconds(40);

    /// <summary>A terminal that can do no more than lines (TERM=dumb) is none for this.</summary>
    private bool HasTerminal => surroundings.OutIsTerminal && surroundings.Variable("TERM") is not (null or "" or "dumb");

    /// <exception cref="AdminException">Nobody has answered the first time.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        if (!HasTerminal)
        {
            await PrintAsync(cancellation);
            return;
        }

        using var signals = StopSignals.Listen(NullLogger.Instance, TimeSpan.Zero, surroundings.Time, cancellation, hangupStops: true);
        try
        {
            await ShowAsync(signals.Stop);
        }
        catch (OperationCanceledException) when (signals.Stop.IsCancellationRequested)
        {
            // In the middle of an answer.
        }
    }

    private async Task PrintAsync(CancellationToken cancellation)
    {
        var all = new List<GlanceItem>();
        GlanceAnswer answer;
        do
        {
            answer = await AskAsync(new TopState { Sort = request.SortBy, First = all.Count }, GlanceQuery.MostServices, cancellation);
            all.AddRange(answer.Services);
        }
        while (answer.Services.Count > 0 && all.Count < answer.Matching);

        if (all.Count > 0) TopTables.Services(all, withNamespace: request.Namespace is null).Write(surroundings.Out, Screen.Of(surroundings));
        else await surroundings.Error.WriteLineAsync("no Services");
    }

    private async Task ShowAsync(CancellationToken stop)
    {
        var state = new TopState { Sort = request.SortBy };
        // Before the terminal is taken: what is wrong is said where it can be read.
        var answer = await AskAsync(state, Frame().RowsFor(state, null), stop);
        string? trouble = null;
        using var terminal = new TopTerminal(surroundings);
        while (true)
        {
            var frame = Frame();
            var view = new TopView(answer, frame.RowsFor(state, answer));
            state = state.Within(view);
            terminal.Draw(frame.Draw(state, answer, trouble));
            var next = await WaitAsync(terminal, state, view, stop);
            if (next.Quits) return;
            bool asks = !next.Paused || next.AsksElse(state);
            bool isDue = ReferenceEquals(next, state) || next.AsksElse(state);
            state = next;
            if (!asks || !isDue) continue;
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

    /// <summary>Until the interval is over (the same state), a key has changed something, or the terminal has another size.</summary>
    private async Task<TopState> WaitAsync(TopTerminal terminal, TopState state, TopView view, CancellationToken stop)
    {
        long began = surroundings.Time.GetTimestamp();
        while (surroundings.Time.GetElapsedTime(began) < request.Interval || state.Paused)
        {
            var next = state;
            while (terminal.ReadKey() is { } key) next = next.After(key, view);
            if (next != state) return next;
            if (terminal.IsGone) return state with { Quits = true };
            if (terminal.IsResized) return state with { };
            var rest = request.Interval - surroundings.Time.GetElapsedTime(began);
            await Task.Delay(rest > TimeSpan.Zero && rest < KeysAreReadEvery ? rest : KeysAreReadEvery, surroundings.Time, stop);
        }

        return state;
    }

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

/// <summary>What <c>top</c> was asked.</summary>
/// <param name="Namespace">Null for all.</param>
/// <param name="SortBy">Of <see cref="GlanceQuery.Sorts"/>.</param>
/// <param name="Interval">Between two looks.</param>
internal sealed record TopRequest(string? Namespace, string SortBy, TimeSpan Interval);
