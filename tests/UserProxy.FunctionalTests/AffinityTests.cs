using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests;

/// <summary>Session affinity (ClientIP): a client stays at its endpoint, for a while, as long as that answers.</summary>
public sealed class AffinityTests
{
    private static readonly TimeSpan Hours = TimeSpan.FromHours(3);

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task ClientIP_FifteenConnections_LandOnOneEndpoint(TransportKind transport)
    {
        await using var scene = await Scene.StartAsync(transport, Hours);
        var answers = await scene.AskAsync(15);
        answers.Distinct().Count().ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task ClientIP_SwitchedOffAndOn_WorksLive(TransportKind transport)
    {
        await using var scene = await Scene.StartAsync(transport, affinity: null);
        (await scene.AskAsync(6)).Distinct().Count().ShouldBe(3);

        await scene.SetAffinityAsync(Hours);
        (await scene.AskAsync(6)).Distinct().Count().ShouldBe(1);

        await scene.SetAffinityAsync(null);
        (await scene.AskAsync(6)).Distinct().Count().ShouldBe(3);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task ClientIP_TimeoutPassed_PicksAnew(TransportKind transport)
    {
        // One tick: every pin has expired when the next connection comes.
        await using var scene = await Scene.StartAsync(transport, TimeSpan.FromTicks(1));
        (await scene.AskAsync(6)).Distinct().Count().ShouldBe(3);

        // The timeout of now counts for the pin of before.
        await scene.SetAffinityAsync(Hours);
        (await scene.AskAsync(6)).Distinct().Count().ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task ClientIP_EndpointRefuses_MovesToTheOneThatAnswersAndStays(TransportKind transport)
    {
        await using var dead = Backend.Refusing();
        await using var a = Backend.Named("a");
        await using var b = Backend.Named("b");
        var service = Service.OnFreePort() with { AffinityTimeout = Hours };
        await using var proxy = await Proxy.StartAsync(transport, service.To(dead));
        (await proxy.ConnectAndReadToEndAsync()).ShouldBe(StreamEnd.Reset);

        await proxy.UpdateAsync(service.To(dead, a, b));
        var answers = new List<string>();
        for (int i = 0; i < 8; i++)
        {
            using var client = await proxy.ConnectAsync();
            answers.Add(await client.ReceiveTextAsync(1));
        }

        answers.Distinct().Count().ShouldBe(1);
        // Once alone, and once more as the pin that it still was.
        proxy.Status.ReadEndpoints().Single(endpoint => endpoint.Endpoint.Port == dead.EndPoint.Port).FailedConnects.ShouldBe(2);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task ClientIP_EndpointLeaves_MovesAndAnotherThatLeavesDoesNotMoveIt(TransportKind transport)
    {
        await using var scene = await Scene.StartAsync(transport, Hours);
        string first = (await scene.AskAsync(1)).Single();
        await scene.LeaveOutAsync(first);
        string second = (await scene.AskAsync(3)).Distinct().Single();
        second.ShouldNotBe(first);

        await scene.LeaveOutAsync("abc".Single(name => name.ToString() != first && name.ToString() != second).ToString());

        (await scene.AskAsync(3)).Distinct().Single().ShouldBe(second);
    }

    /// <summary>Three backends that answer with their names, behind one service.</summary>
    private sealed class Scene : IAsyncDisposable
    {
        private readonly Dictionary<string, Backend> _backends = "abc".ToDictionary(name => name.ToString(), name => Backend.Named(name.ToString()));
        private Service _service = Service.OnFreePort();
        private Proxy _proxy = null!;

        public static async Task<Scene> StartAsync(TransportKind transport, TimeSpan? affinity)
        {
            var scene = new Scene();
            scene._service = scene._service.To([.. scene._backends.Values]) with { AffinityTimeout = affinity };
            scene._proxy = await Proxy.StartAsync(transport, scene._service);
            return scene;
        }

        public Task SetAffinityAsync(TimeSpan? timeout) => _proxy.UpdateAsync(_service = _service with { AffinityTimeout = timeout });

        public Task LeaveOutAsync(string name) =>
            _proxy.UpdateAsync(_service.To([.. _backends.Where(pair => pair.Key != name).Select(pair => pair.Value)]));

        public async Task<List<string>> AskAsync(int times)
        {
            var answers = new List<string>();
            for (int i = 0; i < times; i++)
            {
                using var client = await _proxy.ConnectAsync();
                answers.Add(await client.ReceiveTextAsync(1));
            }

            return answers;
        }

        public async ValueTask DisposeAsync()
        {
            await _proxy.DisposeAsync();
            foreach (var backend in _backends.Values) await backend.DisposeAsync();
        }
    }
}
