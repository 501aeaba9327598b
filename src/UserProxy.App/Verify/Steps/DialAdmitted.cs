using System.Net;
using UserProxy.App.Rules;
using UserProxy.App.Servers.Admin;
using UserProxy.Model;

namespace UserProxy.App.Verify.Steps;

/// <summary>
/// Do the chains of this node let the proxy's dial of an endpoint out, and what it answers in? A part of <see cref="EndpointsAnswer"/>: a dial that succeeded
/// is never asked about. Pure.
/// </summary>
/// <param name="Connection">The dial.</param>
/// <param name="Dropping">What drops it, or may.</param>
internal sealed record DialAdmitted(Connection Connection, Dropping Dropping)
{
    private const int MostNamed = 3;

    /// <summary><c>a rule of chain OUTPUT (iptables-save, filter) drops the proxy's dial of 10.0.0.1:80</c></summary>
    public string Says => $"{DropWords.Of(Dropping)} " + Dropping.Kind switch
    {
        PacketKind.First => $"the proxy's {Sent} {(IsUdp ? "to" : "of")} {At}",
        PacketKind.Answer or PacketKind.AnswerData => $"what {At} answers to the proxy's {Sent}",
        _ => $"what the proxy sends to {At} after its {(IsUdp ? "first " : "")}{Sent}",
    };

    public string Cure => DropWords.Cure(Dropping, Connection);

    public IReadOnlyList<string> Evidence => DropWords.Evidence(Dropping, MostNamed);

    private bool IsUdp => Connection.Protocol == TransportProtocol.Udp;

    private string Sent => IsUdp ? "datagram" : "dial";

    private IPEndPoint At => new(Connection.Servers[0], Connection.Port);

    /// <summary>Null: it comes through, as far as the rules tell, or they could not be listed.</summary>
    public static DialAdmitted? Of(VerifyFacts facts, string protocol, IPEndPoint endpoint)
    {
        var chains = facts.Looks.Select(look => look.Chains).FirstOrDefault(chains => chains.Count > 0);
        if (chains is null) return null;
        var (address, text) = (endpoint.Address, endpoint.Address.ToString());
        bool isHere = IPAddress.IsLoopback(address) || facts.Network.Of(address) is not null;
        IReadOnlyList<IPAddress> sources = facts.Sources.TryGetValue(text, out var source) ? [source]
            : [.. facts.Network.Devices.SelectMany(device => device.Addresses).Where(own => own.AddressFamily == address.AddressFamily)];
        var dial = new Connection(
            protocol == "UDP" ? TransportProtocol.Udp : TransportProtocol.Tcp, [address], endpoint.Port, isHere ? [address] : sources,
            isHere ? Way.Local : Way.Outgoing, facts.Links.GetValueOrDefault(text));
        return Firewall.Of(ChainTable.Of(chains), dial) is { } dropping ? new(dial, dropping) : null;
    }

    /// <summary>Of endpoints that may be used and of which no dial has told anything, the first that is dropped for certain.</summary>
    public static DialAdmitted? OfUntold(VerifyFacts facts) => (
        from port in facts.Ports
        from endpoint in port.Service.Endpoints
        where endpoint.Used && HealthWords.IsUndecided(endpoint.State)
        select Of(facts, port.Service.Protocol, new IPEndPoint(IPAddress.Parse(endpoint.Address), endpoint.Port))).Take(MostNamed).FirstOrDefault(
            dial => dial is { Dropping.IsCertain: true });
}
