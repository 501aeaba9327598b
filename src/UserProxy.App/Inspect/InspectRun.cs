using UserProxy.App.CommandLine;
using UserProxy.Linux.PortInspection;

namespace UserProxy.App.Inspect;

/// <summary>
/// <c>inspect</c> from its options to its exit code: look, judge, print; once, or every two seconds until it is stopped. <paramref name="look"/> gathers the
/// facts, and <paramref name="ask"/> what the running proxy knows: tests hand in their own.
/// </summary>
internal sealed class InspectRun(
    InspectOptions options, Surroundings surroundings, UserNames users, Func<PortQuestion, CancellationToken, Task<PortFacts>> look,
    Func<PortQuestion, CancellationToken, Task<(ServedPort? Served, string? Unseen)>> ask)
{
    private readonly InspectText _text = new(users, Screen.Of(surroundings));
    private readonly InspectJson _json = new(users, surroundings.HostName, indented: !options.Watch);
    private Verdict? _last;

    /// <summary>Between two looks of a watch.</summary>
    public TimeSpan Period { get; init; } = TimeSpan.FromSeconds(2);

    /// <param name="question">What is asked each time.</param>
    /// <param name="looks">At most so many; null with <c>--watch</c> is without end.</param>
    /// <param name="stop">Ends a watch; the exit code is that of the last verdict.</param>
    /// <exception cref="UnwrittenException">Nobody can be told.</exception>
    public async Task<int> RunAsync(PortQuestion question, int? looks, CancellationToken stop)
    {
        for (int done = 0; !stop.IsCancellationRequested && (looks is not { } most || done < most); done++)
        {
            if (done > 0)
            {
                await Task.Delay(Period, surroundings.Time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (stop.IsCancellationRequested || surroundings.OutIsGone()) break;
            }

            // Each test of a placeholder takes a place in its queue for good: one is enough, until it looks different.
            var facts = await look(question with { Probe = question.Probe && _last != Verdict.Placeholder }, stop);
            // After the test connection, which shows the proxy what its endpoints are worth.
            var (served, unseen) = await ask(question, stop);
            IEnumerable<string> unasked = unseen is not null ? [unseen] : ServedPort.NotAsked(facts, served).Select(ServedPort.SaysNotAsked);
            facts = facts with { Unseen = [.. facts.Unseen, .. unasked] };
            var judgement = await JudgeAsync(question, facts, served, unseen is not null, stop);
            // Stopped in the middle: half of the facts are no verdict.
            if (stop.IsCancellationRequested && _last is not null) break;
            await PrintAsync(facts, judgement);
        }

        return VerdictExitCode.Of(_last ?? Verdict.Unknown);
    }

    /// <summary>Where nobody is, a look at the port of the same number in the other protocol, too.</summary>
    private async Task<Judgement> JudgeAsync(
        PortQuestion question, PortFacts facts, ServedPort? served, bool isUnheard, CancellationToken stop)
    {
        var judgement = Classifier.Judge(facts, served, isUnheard);
        if (!OtherPort.IsWorthALook(facts, served, judgement)) return judgement;
        var beside = OtherPort.QuestionBeside(question);
        var other = new OtherPort(await look(beside, stop), (await ask(beside, stop)).Served);
        return other.IsThere ? other.AddTo(judgement) : judgement;
    }

    private async Task PrintAsync(PortFacts facts, Judgement judgement)
    {
        string text = options.Json ? _json.Write(facts, judgement)
            : judgement.Verdict == _last ? _text.WriteLine(facts, judgement, surroundings.Time.GetUtcNow())
            : _text.Write(facts, judgement).TrimEnd('\n');
        _last = judgement.Verdict;
        await UnwrittenException.WriteAsync(async () =>
        {
            await surroundings.Out.WriteLineAsync(text);
            await surroundings.Out.FlushAsync(CancellationToken.None);
        });
    }
}
