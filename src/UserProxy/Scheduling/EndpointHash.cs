using UserProxy.Model;

namespace UserProxy.Scheduling;

/// <summary>
/// The hash of an endpoint's address and port, for the hashing schedulers. It has no seed: every node, and a restarted proxy, sends a
/// client to the same endpoint.
/// </summary>
internal static class EndpointHash
{
    public static ulong Of(Endpoint endpoint) =>
        ClientKey.Mix(ClientKey.From(endpoint.Address).Hash + ((ulong)endpoint.Port * TurnDraw.Golden));
}
