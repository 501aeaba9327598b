using System.Net;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Model;
using UserProxy.Reading;

namespace UserProxy.App.Explain;

/// <summary>
/// Endpoints that took connections and have sent nothing since their clients have: the kernel takes connections for a process that does not accept, and a dial
/// shows no more than that. A doubt and no fault, as a client may wait for news on purpose. For <see cref="Explainer"/>.
/// </summary>
internal static class SilentEndpoints
{
    /// <summary>Nothing has moved for so long.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>How many connections of each are so; those without one are not there.</summary>
    public static IReadOnlyDictionary<IPEndPoint, int> CountedIn(IEnumerable<ConnectionStatus> connections) =>
        connections.Where(connection => connection is { Endpoint: not null, BytesIn: > 0, BytesOut: 0 } && connection.Idle >= Patience)
            .CountBy(connection => connection.Endpoint!).ToDictionary();

    /// <summary>Of one endpoint, behind what is known of its dials.</summary>
    public static string Says(int silent) => silent == 0 ? ""
        : $"; {Amount.Of(silent, "connection")} {(silent == 1 ? "has" : "have")} sent it something and had nothing back for {GoDuration.Format(Patience)} "
            + "or more";

    /// <summary>What to look at: the endpoint with the most of them stands for all.</summary>
    public static string? StepFor(IReadOnlyList<ExplainedEndpoint> endpoints)
    {
        if (endpoints.Where(endpoint => endpoint.Silent > 0).MaxBy(endpoint => endpoint.Silent) is not { } silent) return null;
        var at = IPEndPoint.Parse(silent.Endpoint);
        return $"{silent.Endpoint} takes connections and leaves {Shown.Number(silent.Silent)} without a byte: does its process accept, and answer? "
            + $"On its host: userproxy inspect {Shown.Number(at.Port)} --address {at.Address}";
    }
}
