using UserProxy.Scheduling;
using UserProxy.Tcp;

namespace UserProxy;

/// <summary>Ends the connections of endpoints that have left a Service, when its <c>drain</c> setting says so. Started by a swap.</summary>
internal static class EndpointDrain
{
    public static void Start(ServicePortState state, List<EndpointState> departed, TimeSpan after, TimeProvider time)
    {
        // As it is now: one that comes back and leaves again has its own time from then.
        if (departed.Count > 0) _ = RunAsync(state, departed.ToDictionary(endpoint => endpoint, endpoint => endpoint.Departures), after, time);
    }

    private static async Task RunAsync(ServicePortState state, Dictionary<EndpointState, int> departed, TimeSpan after, TimeProvider time)
    {
        if (after > TimeSpan.Zero) await Task.Delay(after, time);
        foreach (var connection in state.Live.ToArray())
        {
            if (connection.Endpoint is not { } endpoint || !departed.TryGetValue(endpoint, out int departure)) continue;
            if (endpoint.Departures == departure && !state.Snapshot!.Roster.IsCurrent(endpoint)) connection.Drain();
        }
    }
}
