using System.Net;
using UserProxy.FunctionalTests.Cluster;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.ConformanceTests.Cluster;

/// <summary>An address of a Service that somebody asks.</summary>
internal sealed record Target(string Kind, IPAddress Address, int Port, bool IsUdp)
{
    public override string ToString() => $"{Kind} {new IPEndPoint(Address, Port)}{(IsUdp ? "/UDP" : "")}";

    /// <summary>Who answers one new client, or how it fails.</summary>
    public async Task<string> AskAsync(Host from)
    {
        if (!IsUdp) return await from.AskAsync(Address, Port);
        using var client = DatagramClient.Connect(from, Address, Port);
        return await client.TryAskAsync();
    }
}
