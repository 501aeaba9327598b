using UserProxy.App.Servers.Admin.Messages;

namespace UserProxy.App.Servers.Admin;

/// <summary>
/// What becomes of connections at one address, by what is known of the endpoints that they go to: a listener that accepts says nothing of that. Decided here
/// for <c>list</c>, <c>explain</c> and <c>/v1/status</c>.
/// </summary>
internal static class ListenerHealth
{
    public const string Answering = "Answering", Degraded = "Degraded", Failing = "Failing", Silent = "Silent", Unknown = "Unknown";

    /// <summary>Null without an endpoint: the state of the listener says that already.</summary>
    /// <param name="used">Those that new connections go to.</param>
    /// <param name="someLeadBack">There are others beside them, or alone, that are listeners of this proxy: they are never dialled.</param>
    public static string? Of(IEnumerable<EndpointItem> used, bool someLeadBack = false)
    {
        bool any = false, answers = false, fails = false, silent = false;
        foreach (var endpoint in used)
        {
            any = true;
            answers |= endpoint.State == HealthWords.Answering;
            fails |= endpoint.State is HealthWords.Failing or HealthWords.Aside;
            silent |= endpoint.State == HealthWords.Silent;
        }

        return Of(any, answers, fails, silent, someLeadBack);
    }

    /// <summary>The same of endpoints that were looked at: whether there are any, one answers, one fails, and one is silent.</summary>
    public static string? Of(bool any, bool answers, bool fails, bool silent, bool someLeadBack)
    {
        if (!any) return someLeadBack ? Failing : null;
        return answers ? (fails || silent || someLeadBack ? Degraded : Answering) : fails ? Failing : silent ? Silent : Unknown;
    }

    /// <summary>Those that new connections at addresses of this kind go to.</summary>
    public static IEnumerable<EndpointItem> UsedAt(string kind, IEnumerable<EndpointItem> endpoints) =>
        endpoints.Where(endpoint => kind == "ClusterIP" ? endpoint.UsedInternally : endpoint.UsedExternally);
}
