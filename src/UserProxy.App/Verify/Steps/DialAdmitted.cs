using System.Net;
using UserProxy.App.CommandLine;
using UserProxy.App.Rules;
using UserProxy.App.Servers.Admin;
using UserProxy.Model;

namespace UserProxy.App.Verify.Steps;

/// <summary>
/// Do the chains of this node let the proxy's dial of an endpoint out, and what it answers in? Under this node's address, and where the endpoint sees its
/// clients (docs/semantics.md 16) under theirs. A part of <see cref="EndpointsAnswer"/>. Pure.
/// </summary>
/// <param name="Connection">The dial.</param>
/// <param name="Dropping">What drops it, or may.</param>
internal sealed record DialAdmitted(Connection Connection, Dropping Dropping)
{
    private const int MostNamed = 3, MostFollowed = FactsReader.MostDials;

    /// <summary><c>a rule of chain OUTPUT (iptables-save, filter) drops the proxy's dial of 10.0.0.1:80</c></summary>
    public string Says => $"{DropWords.Of(Dropping)} " + Dropping.Kind switch
    {
        PacketKind.First => $"the proxy's {Sent} {(IsUdp ? "to" : "of")} {At}{Under}",
        PacketKind.Answer or PacketKind.AnswerData => $"what {At} answers to the proxy's {Sent}{Under}",
        _ => $"what the proxy sends to {At} after its {(IsUdp ? "first " : "")}{Sent}{Under}",
    };

    public string Cure => DropWords.Cure(Dropping, Connection);

    public IReadOnlyList<string> Evidence => DropWords.Evidence(Dropping, MostNamed);

    private bool IsUdp => Connection.Protocol == TransportProtocol.Udp;

    private string Sent => IsUdp ? "datagram" : "dial";

    private string Under => !Connection.IsKept ? "" : Connection.Clients is [var client] ? $" under the address of {client}" : " under its client's address";

    private IPEndPoint At => new(Connection.Servers[0], Connection.Port);

    /// <summary>The dial for the client that is asked for. Null: it comes through, as far as the rules tell, or they could not be listed.</summary>
    public static DialAdmitted? Of(VerifyFacts facts, string protocol, IPEndPoint endpoint) =>
        Of(facts, facts.SeeingThisClient.Contains(endpoint.ToString()) ? Kept(facts, protocol, endpoint) : Own(facts, protocol, endpoint));

    /// <summary>
    /// What stops dials of the endpoint under another address than that for the client, and not this: what has failed may have been one of them. Without a
    /// client that is asked for it may also stop them, or some of them; else null.
    /// </summary>
    public static DialAdmitted? OfOthersAlone(VerifyFacts facts, string protocol, IPEndPoint endpoint)
    {
        bool isKept = facts.SeeingThisClient.Contains(endpoint.ToString()), isAny = facts.Request.From is null;
        if (!isKept && !facts.SeeingClients.Contains(endpoint.ToString())) return null;
        var other = isKept ? Own(facts, protocol, endpoint) : Kept(facts, protocol, endpoint) with { Clients = [], IsOfSome = isAny };
        return Of(facts, other) is { } stopped && (stopped.Dropping.IsCertain || isAny) && Of(facts, protocol, endpoint) is null ? stopped : null;
    }

    /// <summary>
    /// Of dials under the address of the client that is asked for, or without one of any, the first that is stopped for certain; else the first that may be. No
    /// dial of this node shows it.
    /// </summary>
    public static DialAdmitted? OfKept(VerifyFacts facts)
    {
        var seeing = facts.Request.From is null ? facts.SeeingClients : facts.SeeingThisClient;
        var stopped = (
            from port in facts.Ports
            from endpoint in port.Service.Endpoints
            where endpoint.Used && seeing.Contains(Shown.Address(endpoint))
            select Of(facts, Kept(facts, port.Service.Protocol, new IPEndPoint(IPAddress.Parse(endpoint.Address), endpoint.Port))))
            .Take(MostFollowed).OfType<DialAdmitted>().ToList();
        return stopped.Find(dial => dial.Dropping.IsCertain) ?? (stopped.Count > 0 ? stopped[0] : null);
    }

    /// <summary>Of endpoints that may be used and of which no dial has told anything, the first that is dropped for certain.</summary>
    public static DialAdmitted? OfUntold(VerifyFacts facts) => (
        from port in facts.Ports
        from endpoint in port.Service.Endpoints
        where endpoint.Used && HealthWords.IsUndecided(endpoint.State)
        select Of(facts, port.Service.Protocol, new IPEndPoint(IPAddress.Parse(endpoint.Address), endpoint.Port))).Take(MostNamed).FirstOrDefault(
            dial => dial is { Dropping.IsCertain: true });

    private static DialAdmitted? Of(VerifyFacts facts, Connection dial) =>
        Firewall.Of(ChainTable.Of(facts.Chains), dial) is { } dropping ? new(dial, dropping) : null;

    private static Connection Own(VerifyFacts facts, string protocol, IPEndPoint endpoint)
    {
        var (address, text) = (endpoint.Address, endpoint.Address.ToString());
        bool isHere = IPAddress.IsLoopback(address) || facts.Network.Of(address) is not null;
        IReadOnlyList<IPAddress> sources = facts.Sources.TryGetValue(text, out var source) ? [source]
            : [.. facts.Network.Devices.SelectMany(device => device.Addresses).Where(own => own.AddressFamily == address.AddressFamily)];
        return new Connection(
            protocol == "UDP" ? TransportProtocol.Udp : TransportProtocol.Tcp, [address], endpoint.Port, isHere ? [address] : sources,
            isHere ? Way.Local : Way.Outgoing, facts.Links.GetValueOrDefault(text));
    }

    /// <summary>Without a client that is asked for, of any.</summary>
    private static Connection Kept(VerifyFacts facts, string protocol, IPEndPoint endpoint) =>
        Own(facts, protocol, endpoint) with { Way = Way.Outgoing, IsKept = true, Clients = facts.Request.From is { } from ? [from] : [] };
}
