using UserProxy.Model;

namespace UserProxy.App.Admin;

/// <summary>The listeners of a Service port that cannot be bound now, as issues. For the status of the node.</summary>
internal static class ListenIssues
{
    public static IEnumerable<TableIssue> Of(ServiceStatus service) =>
        from listener in service.Listeners
        where listener.State == ListenerState.Failed
        select new TableIssue(
            $"Service {service.Port.Name.Namespace}/{service.Port.Name.Name}",
            ServiceProblem.ListenFailed,
            $"cannot listen on {listener.Address} ({listener.Address.Kind}): {listener.Reason}; trying again");
}
