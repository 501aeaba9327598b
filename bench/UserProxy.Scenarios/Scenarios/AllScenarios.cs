namespace UserProxy.Scenarios.Scenarios;

/// <summary>The scenarios, in the order in which they run and are shown.</summary>
internal static class AllScenarios
{
    public static IReadOnlyList<Scenario> Make()
    {
        Scenario[] requests =
        [
            new RequestsScenario("100b", "100 B", 64, RunSize.Smoke),
            new RequestsScenario("100b", "100 B", 1, RunSize.Full),
            new RequestsScenario("100b", "100 B", 1000, RunSize.Quick),
            new RequestsScenario("16k", "16 KiB", 1, RunSize.Full),
            new RequestsScenario("16k", "16 KiB", 64, RunSize.Quick),
            new RequestsScenario("16k", "16 KiB", 1000, RunSize.Full),
            new RequestsScenario("1m", "1 MiB", 1, RunSize.Full),
            new RequestsScenario("1m", "1 MiB", 64, RunSize.Quick),
            new RequestsScenario("1m", "1 MiB", 1000, RunSize.Full),
        ];
        var bulk = new BulkScenario(1, RunSize.Smoke);
        return
        [
            .. requests,
            new LatencyScenario(),
            new NewConnectionsScenario(),
            bulk,
            new BulkScenario(8, RunSize.Full),
            new CpuScenario("cpu-requests", "Processor time of the node's side, a million requests of 100 B", "for a million requests", 1e6, requests[0]),
            new CpuScenario("cpu-bulk", "Processor time of the node's side, a gigabyte towards the client", "for a gigabyte", 1e9, bulk),
            new StartScenario(),
            new IdleMemoryScenario(),
            new UdpScenario(churn: false),
            new UdpScenario(churn: true),
            new GrowthScenario(),
            new ScaleScenario(),
            new FailoverScenario(),
            new EndpointChurnScenario(),
            new HandOverScenario(),
            new HandOverRowScenario(),
            new WatchedScenario(),
            new TracedScenario(),
            new ScrapeScenario(),
            new SoakScenario(),
        ];
    }
}
