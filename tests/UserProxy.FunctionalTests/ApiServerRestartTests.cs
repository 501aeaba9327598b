using UserProxy.FakeApiServer;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests;

/// <summary>The API server is started again, over and over, under the executable and its clients.</summary>
[StartsProgram]
public sealed class ApiServerRestartTests : ApiServerCase
{
    /// <summary>A server that has just been started refuses at first, and knows nothing of what was before it.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task ApiServerRestarts_RefusingAtFirst_NoConnectionFails_AndWhatHasChangedIsServed(TransportKind transport)
    {
        await using var one = Backend.Named("one");
        await using var two = Backend.Named("two");
        var api = await ServeAsync(new ServerSettings { WarmUp = TimeSpan.FromSeconds(1) }, Service(), Slice("web-1", one));
        Start(transport);
        await AnswersAsync("one");
        using var stop = new CancellationTokenSource();
        var load = LoadAsync(stop.Token);
        foreach (var (backend, name) in (IEnumerable<(Backend, string)>)[(two, "two"), (one, "one"), (two, "two")])
        {
            await api.StopAsync();
            api.Apply(Slice("web-1", backend));
            await api.ResumeAsync();
            await AnswersAsync(name);
        }

        await stop.CancelAsync();
        (await load).Distinct().ShouldBeSubsetOf(["one", "two"]);
    }
}
