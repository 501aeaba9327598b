using System.Net;
using UserProxy.Model;
using UserProxy.Policy;

namespace UserProxy.App.Explain;

/// <summary>Whether an endpoint sees its clients' own addresses, in words, by the rule that dials go by. Asked by <see cref="Explainer"/>.</summary>
internal static class ClientAddressWords
{
    private const string Kept = "kept: ";

    /// <summary>At some address of the Service at least. Asked by <c>verify</c>, which has the words of the running proxy.</summary>
    public static bool AreOfKept(string? words) => words?.StartsWith(Kept, StringComparison.Ordinal) is true;

    /// <summary>Null where nobody has asked for it.</summary>
    /// <param name="view">Has the rule.</param>
    /// <param name="port">Whose endpoint it is.</param>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="client">Null: any that is none of this node.</param>
    public static string? Of(ProxyView view, ServicePort port, Endpoint endpoint, IPAddress? client)
    {
        var verdicts = port.Listeners.Select(listener => (listener.Kind, Verdict: view.SourceOf(port, listener, endpoint, client))).ToList();
        var asked = verdicts.Where(at => at.Verdict != SourceVerdict.NotAsked).ToList();
        if (asked.Count == 0) return null;
        string? obstacle = view.SourceObstacle(endpoint.Address.AddressFamily);
        string says = string.Join("; ", asked.Select(at => Of(at.Verdict, endpoint, obstacle)).Distinct());
        return asked.Count == verdicts.Count ? says : $"{says} (at {string.Join(", ", asked.Select(at => at.Kind.ToString()).Distinct())} addresses)";
    }

    internal static string Of(SourceVerdict verdict, Endpoint endpoint, string? obstacle) => verdict switch
    {
        SourceVerdict.Kept => $"{Kept}the endpoint is on this node",
        SourceVerdict.Remote or SourceVerdict.OwnEndpoint when IPAddress.IsLoopback(endpoint.Address) =>
            $"not kept: {endpoint.Address} is loopback, which answers this node alone",
        SourceVerdict.Remote => $"not kept: {endpoint.Address} answers by another way, as it is not on this node",
        SourceVerdict.OwnEndpoint => $"not kept: {endpoint.Address} is this node's own address",
        SourceVerdict.OtherFamily => "not kept: the client is of the other address family",
        SourceVerdict.OwnClient => "not kept: the client is this node",
        SourceVerdict.SpecialClient => "not kept: the client's address names no single host",
        SourceVerdict.VirtualIP => "not kept: the client's address is one that is served here",
        SourceVerdict.Hairpin => "not kept: the endpoint is the client itself",
        SourceVerdict.OtherWay => $"not kept: {endpoint.Address} answers by another way, past this node's routing",
        SourceVerdict.Unavailable => $"not kept: {obstacle ?? "rules and routes for it are not there yet"}",
        _ => throw new ArgumentOutOfRangeException(nameof(verdict)),
    };
}
