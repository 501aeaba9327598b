using UserProxy.FakeApiServer;
using UserProxy.Kubernetes.Client;
using UserProxy.Kubernetes.Client.Access;
using UserProxy.Kubernetes.Client.Events;
using UserProxy.Tests;

namespace UserProxy.Kubernetes.Tests.Client;

/// <summary>What is written about Services, and what is spared the API server.</summary>
public sealed class EventReporterTests : IAsyncLifetime
{
    private readonly TestFolder _folder = new();
    private readonly RecordingLogger<EventReporter> _logger = new();
    private readonly FakeTimeProvider _time = new();
    private readonly CancellationTokenSource _stop = new();
    private ApiServer _server = null!;
    private ApiClient _client = null!;
    private EventReporter _reporter = null!;
    private Task _running = Task.CompletedTask;

    public async ValueTask InitializeAsync()
    {
        _server = await ApiServer.StartAsync();
        _folder.Write("kubeconfig", _server.Kubeconfig());
        _client = new ApiClient(ClusterAccess.FromKubeconfig(_folder["kubeconfig"], TimeProvider.System, _logger), TimeProvider.System);
        _reporter = new EventReporter(_client, "node-1", _time, _logger) { PauseAfterFailure = TimeSpan.FromMilliseconds(10) };
        _running = _reporter.RunAsync(_stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _client.Dispose();
        await _server.DisposeAsync();
        _stop.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Report_WritesAnEventAboutTheService()
    {
        _reporter.Report(Happened("cannot listen"));
        await UntilAsync(() => _reporter.Reported == 1);
        var written = _server.Events.ShouldHaveSingleItem();
        written["apiVersion"]!.ToString().ShouldBe("events.k8s.io/v1");
        written["regarding"]!["uid"]!.ToString().ShouldBe("uid-1");
        written["regarding"]!["kind"]!.ToString().ShouldBe("Service");
        written["eventTime"]!.ToString().ShouldBe("2025-01-02T00:00:00.000001Z"); // the server refuses one without a fraction
        written["reportingInstance"]!.ToString().ShouldBe("node-1");
        written["note"]!.ToString().ShouldBe("cannot listen");
        written["type"]!.ToString().ShouldBe("Warning");
        written["metadata"]!["name"]!.ToString().ShouldMatch("^web\\.[0-9a-f]{16}$");
    }

    [Theory]
    [InlineData(false, "regarding")]
    [InlineData(true, "involvedObject")]
    public async Task Report_AboutANode_IsInTheDefaultNamespace(bool old, string subject)
    {
        _server.Faults.NoEventsApi = old;
        _reporter.Report(
            new ClusterEvent
            {
                Kind = "Node",
                Namespace = "",
                Name = "node-1",
                Uid = "node-1",
                Reason = "FailedToStartMetricServer",
                Action = "StartKubeProxy",
                Message = "taken"
            });
        await UntilAsync(() => _reporter.Reported == 1);

        var written = _server.Events.ShouldHaveSingleItem();
        written["metadata"]!["namespace"]!.ToString().ShouldBe("default");
        written["metadata"]!["name"]!.ToString().ShouldStartWith("node-1.");
        written[subject]!.ToJsonString().ShouldBe("""{"apiVersion":"v1","kind":"Node","name":"node-1","uid":"node-1"}""");
        written["action"]!.ToString().ShouldBe("StartKubeProxy");
    }

    [Fact]
    public async Task Complete_WhatWasReportedIsStillWritten()
    {
        for (int i = 0; i < 5; i++) _reporter.Report(Happened($"{i}"));
        _reporter.Complete();
        _reporter.Report(Happened("too late"));

        await _running.WaitAsync(FollowedCluster.Patience, TestContext.Current.CancellationToken);

        (_reporter.Reported, _reporter.Dropped).ShouldBe((5, 1));
    }

    [Fact]
    public async Task Report_SameFromEveryNode_IsWrittenOnce()
    {
        var other = new EventReporter(_client, "node-2", _time, _logger);
        _reporter.Report(Happened("nodePort 30080 is taken"));
        await UntilAsync(() => _reporter.Reported == 1);
        var running = other.RunAsync(_stop.Token);
        other.Report(Happened("nodePort 30080 is taken"));
        await UntilAsync(() => other.Suppressed == 1);
        _server.Events.Count.ShouldBe(1);

        _reporter.Report(Happened("address in use") with { IsOfNode = true });
        other.Report(Happened("address in use") with { IsOfNode = true });
        await UntilAsync(() => _reporter.Reported + other.Reported == 3);
        _server.Events.Select(written => written["note"]!.ToString()).Order(StringComparer.Ordinal).ShouldBe(
            ["node node-1: address in use", "node node-2: address in use", "nodePort 30080 is taken"]);
        (other.Dropped + _reporter.Dropped).ShouldBe(0);
        _logger.Lines(350).ShouldBeEmpty();
        await _stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(running);
    }

    [Fact]
    public async Task Report_Defect_IsLoggedAndTheNextIsWritten()
    {
        _reporter.Report(Happened("one") with { Namespace = null! });
        await _logger.SeenAsync(351).WaitAsync(FollowedCluster.Patience, TestContext.Current.CancellationToken);
        _reporter.Report(Happened("two"));
        await UntilAsync(() => _reporter.Reported == 1);
        _reporter.Dropped.ShouldBe(1);
    }

    [Fact]
    public async Task Report_SameAgain_IsSaidOnceInTenMinutes()
    {
        for (int i = 0; i < 5; i++) _reporter.Report(Happened("same"));
        await UntilAsync(() => _reporter.Suppressed == 4);
        _time.Advance(TimeSpan.FromMinutes(11));
        _reporter.Report(Happened("same"));
        // The API keeps Events for an hour: it is asked again, and has it still.
        await UntilAsync(() => _reporter.Suppressed == 5);
        _reporter.Reported.ShouldBe(1);
        _server.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Report_TooMuchAboutOneService_IsLimited()
    {
        for (int i = 0; i < 40; i++) _reporter.Report(Happened($"thing {i}"));
        await UntilAsync(() => _reporter.Suppressed == 15);
        _reporter.Reported.ShouldBe(25);
        _reporter.Report(Happened("other") with { Name = "other" });
        _time.Advance(TimeSpan.FromSeconds(5));
        _reporter.Report(Happened("one more"));
        await UntilAsync(() => _reporter.Reported == 27);
    }

    [Fact]
    public async Task Report_OldServer_GetsCoreEvents()
    {
        _server.Faults.NoEventsApi = true;
        _reporter.Report(Happened("one"));
        _reporter.Report(Happened("two"));
        await UntilAsync(() => _reporter.Reported == 2);
        _server.Events.ShouldAllBe(written => written["apiVersion"]!.ToString() == "v1" && written["involvedObject"]!["name"]!.ToString() == "web");
        _server.Requests.Count(request => request.Path.StartsWith("/apis/events.k8s.io", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task Report_Forbidden_IsSaidAndDropped()
    {
        _server.Faults.Forbidden.Add("events");
        _reporter.Report(Happened("one"));
        await _logger.SeenAsync(350).WaitAsync(FollowedCluster.Patience);
        await UntilAsync(() => _reporter.Dropped == 1);

        // It has not been said, so it may be said again.
        _server.Faults.Forbidden.Clear();
        _reporter.Report(Happened("one"));
        await UntilAsync(() => _reporter.Reported == 1);
    }

    [Fact]
    public async Task Report_NobodyTakesThem_NeverWaits()
    {
        var idle = new EventReporter(_client, "node-1", _time, _logger);
        for (int i = 0; i < 1000; i++) idle.Report(Happened($"{i}"));
        idle.Dropped.ShouldBe(1000 - 256);
        await Task.CompletedTask;
    }

    private static ClusterEvent Happened(string message) =>
        new() { Namespace = "demo", Name = "web", Uid = "uid-1", Reason = "PortUnavailable", Action = "Listen", Message = message };

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(FollowedCluster.Patience);
        while (!condition()) await Task.Delay(10, limit.Token);
    }
}
