using System.Net;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Model;
using UserProxy.Reading;
using UserProxy.Scheduling;

namespace UserProxy.App.Explain;

/// <summary>
/// Words for endpoints that took connections and have sent nothing since their clients have: the kernel takes connections for a process that does not accept,
/// and a dial shows no more than that. <see cref="ServiceReading"/> decides which are. For <c>explain</c>, <c>verify</c>, <c>list</c> and <c>status</c>.
/// </summary>
internal static class SilentEndpoints
{
    /// <summary>Of an address, where there is room for no more.</summary>
    public const string InShort = "endpoints take connections, and nobody has had an answer since one waited";

    /// <summary>A client may wait for news on purpose, and a sink never answers.</summary>
    public const string OnPurpose = "(a server that never answers does so on purpose, as a sink of logs)";

    /// <summary>Somebody waits for it now, or the proxy calls it so.</summary>
    public static bool IsDoubted(ExplainedEndpoint endpoint) => endpoint.Silent > 0 || endpoint.State == HealthWords.Silent;

    /// <summary>Of one endpoint, behind what is known of its dials.</summary>
    /// <param name="waiting">Connections.</param>
    public static string Says(int waiting) => waiting == 0 ? ""
        : $"; {Amount.Of(waiting, "connection")} {(waiting == 1 ? "has" : "have")} sent it something and had nothing back for "
            + $"{GoDuration.Format(EndpointState.Patience)} or more";

    /// <summary>What to look at: the endpoint with the most of them stands for all.</summary>
    public static string? StepFor(IReadOnlyList<ExplainedEndpoint> endpoints)
    {
        if (endpoints.Where(IsDoubted).MaxBy(endpoint => endpoint.Silent) is not { } silent) return null;
        var at = IPEndPoint.Parse(silent.Endpoint);
        string left = silent.Silent == 0 ? "has left those that waited" : $"leaves {Shown.Number(silent.Silent)}";
        return $"{silent.Endpoint} takes connections and {left} without a byte: does its process accept, and answer? "
            + $"On its host: userproxy inspect {Shown.Number(at.Port)} --address {at.Address}";
    }
}
