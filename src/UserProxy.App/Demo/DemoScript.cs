using System.Globalization;
using UserProxy.App.CommandLine;

namespace UserProxy.App.Demo;

/// <summary>
/// The demo without hands: requests, each on a new connection, while a backend dies and comes back. Proves in seconds what the proxy is
/// for, to a person or to a pipeline.
/// </summary>
internal sealed class DemoScript(DemoScene scene, Surroundings surroundings)
{
    private const int MostRequestsUntilBack = 400;
    private static readonly TimeSpan BetweenRequests = TimeSpan.FromMilliseconds(50);

    /// <summary>Until a request counts as lost; a busy machine must not reach it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly List<DemoPhase> _phases = [];

    /// <summary>The stage that it is in.</summary>
    public string Now => _phases is [.., var last] ? last.Name : "";

    public async Task<int> RunAsync(CancellationToken end)
    {
        // A connection for each request, and past any proxy that the environment names: this proxy is the one to look at.
        using var handler = new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.Zero };
        using var client = new HttpClient(handler) { BaseAddress = new Uri($"http://127.0.0.1:{scene.Port}/"), Timeout = Patience };
        client.DefaultRequestHeaders.ConnectionClose = true;
        var victim = scene.Backends[1];
        try
        {
            var up = await RunPhaseAsync("all up", client, phase => phase.Requests == 30, end);
            await victim.KillAsync();
            var killed = await RunPhaseAsync($"{victim.Name} killed", client, phase => phase.Requests == 60, end);
            await victim.ReviveAsync();
            // It has been put aside for some seconds, so a while passes until it is tried again.
            var revived = await RunPhaseAsync(
                $"{victim.Name} revived", client, phase => phase.AnswersOf(victim.Name) == 5 || phase.Requests == MostRequestsUntilBack, end);
            return await ReportAsync(up.Answered == scene.Backends.Count && killed.AnswersOf(victim.Name) == 0 && revived.AnswersOf(victim.Name) > 0);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            await surroundings.Error.WriteLineAsync("the script was cut short");
            return ExitCode.Failed;
        }
    }

    private async Task<DemoPhase> RunPhaseAsync(string name, HttpClient client, Func<DemoPhase, bool> isOver, CancellationToken end)
    {
        var phase = new DemoPhase(name);
        _phases.Add(phase);
        while (!isOver(phase))
        {
            try
            {
                string answer = await client.GetStringAsync(client.BaseAddress, end);
                phase.Count(answer.Split(':')[0]);
            }
            catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !end.IsCancellationRequested))
            {
                phase.CountFailure();
                await surroundings.Error.WriteLineAsync($"a request failed: {e.Message}");
            }

            await Task.Delay(BetweenRequests, surroundings.Time, end);
        }

        return phase;
    }

    private async Task<int> ReportAsync(bool asExpected)
    {
        var names = scene.Backends.Select(backend => backend.Name).ToList();
        await surroundings.Out.WriteLineAsync($"{"",-18}{"requests",9}{"failed",8}" + string.Concat(names.Select(name => $"{name,11}")));
        foreach (var phase in _phases)
        {
            string answers = string.Concat(names.Select(name => phase.AnswersOf(name).ToString(CultureInfo.InvariantCulture).PadLeft(11)));
            await surroundings.Out.WriteLineAsync($"{phase.Name,-18}{phase.Requests,9}{phase.Failed,8}{answers}");
        }

        int requests = _phases.Sum(phase => phase.Requests);
        int failed = _phases.Sum(phase => phase.Failed);
        await surroundings.Out.WriteLineAsync(
            $"\n{Amount.Of(requests, "request")}, {failed} failed; {Amount.Of(scene.Retries, "connection")} met the dead backend and went to another.");
        if (!asExpected) await surroundings.Error.WriteLineAsync("not every backend answered when it should have");
        return failed == 0 && asExpected ? ExitCode.Done : ExitCode.Failed;
    }
}
