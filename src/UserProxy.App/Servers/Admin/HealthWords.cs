using UserProxy.Reading;
using UserProxy.Scheduling;

namespace UserProxy.App.Servers.Admin;

/// <summary>The words for what is known of endpoints: in JSON, in tables and in prose alike.</summary>
internal static class HealthWords
{
    public const string Answering = "answering", Failing = "failing", Aside = "aside", Unready = "unready", Draining = "draining", Unknown = "unknown";

    public static string Of(EndpointHealth health) => health switch
    {
        EndpointHealth.Answering => Answering,
        EndpointHealth.Failing => Failing,
        EndpointHealth.Aside => Aside,
        EndpointHealth.Unready => Unready,
        EndpointHealth.Draining => Draining,
        _ => Unknown,
    };

    /// <summary>As the label <c>reason</c> of userproxy_connect_failures_total; null when the last dial has not failed.</summary>
    public static string? ErrorOf(LastDial dial) => dial switch
    {
        LastDial.Refused => "refused",
        LastDial.TimedOut => "timeout",
        LastDial.Unreachable => "unreachable",
        LastDial.LocalFault => "local",
        LastDial.Loop => "loop",
        _ => null,
    };

    /// <summary>The same in a sentence: <c>failing for 3s: ...</c></summary>
    public static string Sentence(LastDial dial) => dial switch
    {
        LastDial.Refused => "the connection was refused",
        LastDial.TimedOut => "nothing answered in time",
        LastDial.Unreachable => "the network says that there is no way to it",
        LastDial.LocalFault => "this node could not dial (no port, descriptor or permission)",
        LastDial.Loop => "the connection would come back to this proxy",
        _ => "",
    };
}
