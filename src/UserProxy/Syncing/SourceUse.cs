using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Reading;

namespace UserProxy.Syncing;

/// <summary>
/// Sets up transparent sources with the first Service that needs them, and reports the Services that are served without. On the Proxier's loop.
/// </summary>
/// <param name="sources">Adds it.</param>
/// <param name="wake">Called when that took longer than a sync waits.</param>
/// <param name="report">Told of each Service once.</param>
/// <param name="time">Measures patience.</param>
internal sealed class SourceUse(ITransparentSources sources, Action wake, Action<ServiceProblem> report, TimeProvider time)
{
    /// <summary>For a sync: a tool of the node may hang, and meanwhile no port is served.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(3);

    private readonly HashSet<(string Namespace, string Name)> _said = [];
    private Task? _using;

    /// <summary>Returns when it is there, cannot be had, or takes too long: then addresses are kept as soon as it is there.</summary>
    /// <param name="table">To be served.</param>
    /// <param name="serveOthers">What does not need it does not wait.</param>
    /// <param name="stop">Ends the waiting.</param>
    public async ValueTask BeginAsync(ServiceTable table, Func<Task> serveOthers, CancellationToken stop)
    {
        if (_using is not null || !table.Ports.Any(SourcePolicy.IsWanted)) return;
        _using = sources.UseAsync(stop).AsTask();
        await serveOthers();
        try
        {
            await _using.WaitAsync(LongestWait, time, stop);
        }
        catch (TimeoutException)
        {
            _ = WakeAfterAsync(_using);
        }
    }

    /// <summary>Reports each Service once. Where Kubernetes alone promises it, the log says so once for all.</summary>
    public void ReportNotKept(ServiceTable table)
    {
        if (_using is not { IsCompleted: true }) return;
        foreach (var port in table.Ports)
        {
            if (port.Settings.ClientAddress != ClientAddressUse.Keep || sources.Obstacle(port.Family) is not { } obstacle) continue;
            if (SourcePolicy.IsWanted(port) && _said.Add((port.Name.Namespace, port.Name.Name)))
                report(new ServiceProblem(port.Name, ServiceProblem.ClientAddressNotKept, $"client addresses are not kept: {obstacle}"));
        }
    }

    private async Task WakeAfterAsync(Task task)
    {
        await task;
        wake();
    }
}
