using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.App.Servers.Glance;
using UserProxy.Model;
using UserProxy.Reading;
using UserProxy.Serving;

namespace UserProxy.App.Servers.Admin;

/// <summary>
/// Whether nearly all connections of a Service port have lately ended by one reason that serves nobody: endpoints may all answer meanwhile. Decided here for
/// <c>explain</c>, <c>verify</c>, <c>list</c> and <c>status</c>. That a client resets or that a drain ends connections is nobody's fault.
/// </summary>
internal static class BadEnds
{
    /// <summary>Fewer may be chance, where a reason is ordinary now and then.</summary>
    private const int Enough = 3;

    /// <summary>Percent.</summary>
    private const int NearlyAll = 90;

    /// <summary>Null where there is nothing to say.</summary>
    public static BadEndsItem? Of(ServiceReading reading, Sampler? sampler)
    {
        if (sampler?.EndsOf(reading.Counters) is not { } ends) return null;
        long all = ends.Sum();
        if (all <= 0) return null;
        var reason = (EndReason)Array.IndexOf(ends, ends.Max());
        long count = ends[(int)reason];
        if (count * 100 < all * NearlyAll || WordsOf(reason, reading.Port) is not { } words || count < words.Least) return null;
        // What is said of endpoints, or that there is none, says it already.
        if (reason is EndReason.NoEndpoint or EndReason.Loop && (!reading.Port.HasEndpoints || reading.ReadEndpoints().Any(Fails))) return null;
        string name = $"{reading.Name.Namespace}/{reading.Name.Name}";
        return new BadEndsItem(
            reading.Name.Namespace, reading.Name.Name, reading.Name.Port, reason.Name(), count, all,
            $"of the last {Amount.Of(all, "connection")}, {Shown.Number(count)} ended by {reason.Name()} ({words.Meaning})",
            $"{words.Next}; userproxy trace {name} shows each");
    }

    private static bool Fails(EndpointReading endpoint) => endpoint.Health is EndpointHealth.Failing or EndpointHealth.Aside;

    /// <summary>Null for reasons that are no fault of what is set up.</summary>
    private static (int Least, string Meaning, string Next)? WordsOf(EndReason reason, ServicePort port) => reason switch
    {
        EndReason.ProxyHeader => (
            1, "they did not begin with a PROXY protocol header, or with one that may not be believed",
            "let who comes by the addresses of accept-proxy-protocol send the header, or take them out of the annotation"),
        EndReason.NoEndpoint => (1, "no endpoint could be dialled", "see what was said of the endpoints, and how dials ended"),
        EndReason.Loop => (1, "they would have come back to this proxy", "the EndpointSlice has to give the address of what serves"),
        EndReason.Limit => (
            1, "they were over max-connections, max-connections-per-client or the descriptors of this process, or outside the source ranges",
            "userproxy status shows the descriptors; the limits are annotations of the Service"),
        EndReason.Idle => (
            Enough, $"nothing moved for the idle timeout of {GoDuration.Format(port.Settings.IdleTimeout)}, or the half-close timeout after a FIN",
            "does an answer take longer than that, or does it never come? The annotations idle-timeout and half-close-timeout say how long"),
        EndReason.BackendReset => (Enough, "the endpoint reset them", "look at the log of the endpoint's process"),
        EndReason.BackendTimeout => (
            Enough, "the endpoint's host did not acknowledge what it was sent", "does a firewall or a smaller MTU on the way drop what is larger?"),
        EndReason.ClientTimeout => (
            Enough, "the client's host did not acknowledge what it was sent", "do answers find the way back to clients, and does their MTU fit?"),
        _ => null,
    };
}
