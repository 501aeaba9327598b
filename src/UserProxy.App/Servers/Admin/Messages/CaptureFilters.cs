namespace UserProxy.App.Servers.Admin.Messages;

/// <summary>Filters for the two legs of one connection.</summary>
/// <param name="Client">Between the client (or its load balancer) and the proxy.</param>
/// <param name="Endpoint">Between the proxy and the endpoint: also for a capture in the Pod.</param>
internal sealed record CaptureFilters(CaptureFilter Client, CaptureFilter Endpoint);

/// <summary>The same for two programs.</summary>
/// <param name="Tcpdump">As pcap-filter(7) has it.</param>
/// <param name="Wireshark">A display filter of Wireshark and tshark.</param>
internal sealed record CaptureFilter(string Tcpdump, string Wireshark);
