using Microsoft.Extensions.Logging;
using UserProxy.Reading;

namespace UserProxy.Syncing;

/// <summary>
/// Reports listeners that cannot be bound, or not on all addresses: what is wrong and who has the port, once until it changes, by log and
/// <see cref="ServiceProblem"/>. Called by the <see cref="SlotTable"/>.
/// </summary>
internal sealed class ListenerProblems(NodeNetwork network, ILogger log, Action<ServiceProblem> report)
{
    /// <summary>Thousands may fail for one reason: a missing privilege, another proxy.</summary>
    public void Report(List<ListenerSlot> news)
    {
        if (news.Count == 0) return;
        if (network.FindSockets is not null && news.Exists(slot => slot.IsTaken)) _ = ReportWithHoldersAsync(news);
        else ReportNow(news);
    }

    /// <summary>To find the processes takes a walk over all of them, which other listeners must not wait for.</summary>
    private async Task ReportWithHoldersAsync(List<ListenerSlot> news)
    {
        var sockets = await Task.Run(() => network.Find(news.Select(slot => (slot.Protocol, slot.EndPoint.Port)), withOwners: true));
        var byPort = sockets.ToLookup(socket => (socket.Protocol, socket.Local.Port));
        foreach (var slot in news.Where(slot => slot.IsTaken)) slot.NameHolders(byPort[(slot.Protocol, slot.EndPoint.Port)]);
        ReportNow(news);
    }

    private void ReportNow(List<ListenerSlot> news)
    {
        foreach (var slot in news.Take(SlotTable.ChangesToName))
        {
            // It may be over by now.
            if (slot.Problem is not { } problem || slot.Owner is not { } owner) continue;
            if ((slot.Cure ?? BindCure.Of(problem, slot.EndPoint.Port)) is { } cure) problem += $". {cure}";
            if (slot.IsSpread) log.Spread(slot.EndPoint, owner.State.Name, problem);
            else log.BindFailed(slot.EndPoint, owner.State.Name, problem);
            string what = slot.IsSpread ? "cannot listen as a whole" : "cannot listen";
            report(new ServiceProblem(owner.State.Name, ServiceProblem.ListenFailed, $"{what} on {slot.EndPoint} ({owner.Kind}): {problem}; trying again"));
        }

        if (news.Count > SlotTable.ChangesToName) log.MoreBindsFailed(news.Count - SlotTable.ChangesToName);
    }
}
