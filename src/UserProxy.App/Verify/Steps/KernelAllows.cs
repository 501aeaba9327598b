using System.Net;
using System.Net.Sockets;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.App.Verify.Probing;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;

namespace UserProxy.App.Verify.Steps;

/// <summary>Do the kernel's settings let packets for the Service in, and answers out?</summary>
internal static class KernelAllows
{
    private const int Strict = 1;

    public static Finding Of(VerifyFacts facts)
    {
        if (facts.Network.Settings is not { } settings) return Finding.CannotBeSeen("these are settings of a Linux kernel", "run it on the node itself");
        var listeners = facts.Ports.SelectMany(port => port.Service.Listeners).ToList();
        var ephemeral = listeners.Where(listener => listener.Kind == nameof(ListenerKind.NodePort) && settings.IsEphemeral(listener.Port));
        var remarks = ephemeral.Select(listener => Shown.Number(listener.Port)).Distinct().Select(
            port => $"port {port} is in net.ipv4.ip_local_port_range: an outgoing connection may have it when the proxy starts; put it into "
                + "net.ipv4.ip_local_reserved_ports").ToList();
        return SwitchedOff(settings, listeners) ?? NoWayBack(facts) ?? Filtered(facts, settings, listeners) ?? Ruled(facts)
            ?? Finding.Ok(
                facts.Network.WayBack is { Device: { } device } way ? $"answers to {way.Client} leave by {device}" : "none is in the way", remarks);
    }

    private static Finding? SwitchedOff(KernelSettings settings, IReadOnlyList<ListenerItem> listeners)
    {
        var six = listeners.FirstOrDefault(listener => listener.Address.Contains(':', StringComparison.Ordinal));
        return six is not null && settings.IsIPv6Off("all")
            ? Finding.Failed(
                $"{six.Kind} {Shown.Address(six)} is an IPv6 address, and IPv6 is switched off (net.ipv6.conf.all.disable_ipv6)",
                "sysctl -w net.ipv6.conf.all.disable_ipv6=0")
            : null;
    }

    private static Finding? NoWayBack(VerifyFacts facts) => facts.Network.WayBack is { Source: null } way
        ? Finding.Failed($"there is no route back to {way.Client}: nothing that it is sent leaves this node", $"ip route get {way.Client}")
        : null;

    /// <summary>A rule for the source address may lead it elsewhere: the kernel was not asked with one.</summary>
    private static Finding? Ruled(VerifyFacts facts) => facts.StoppedByPort is [var (says, next), ..]
        ? Finding.CannotBeSeen(
            $"whether {says} leaves this node: a routing rule for its protocol or port leaves it without a route", $"ip rule; {next}",
            [.. facts.StoppedByPort.Skip(1).Select(stopped => stopped.Says)])
        : null;

    /// <summary>
    /// A strict filter drops what comes in by another interface than the answer leaves by (RFC 3704). It is a fault when no address of the Service is left: of
    /// those of the node it is known where they are met.
    /// </summary>
    private static Finding? Filtered(VerifyFacts facts, KernelSettings settings, IReadOnlyList<ListenerItem> listeners)
    {
        if (facts.Network.WayBack is not { Device: { } leaves, Client.AddressFamily: AddressFamily.InterNetwork } way || leaves == "lo") return null;
        var met = new List<(ListenerItem Listener, NodeDevice Device)>();
        foreach (var listener in listeners)
        {
            var address = IPAddress.Parse(listener.Address);
            if (address.AddressFamily != AddressFamily.InterNetwork || IPAddress.IsLoopback(address)) continue;
            // A virtual address or a wildcard is met by any interface, also the right one.
            if (facts.Network.Of(address) is not { } device) return null;
            met.Add((listener, device));
        }

        if (met.Count == 0 || met.Exists(one => one.Device.Name == leaves || settings.ReversePathFilter(one.Device.Name) != Strict)) return null;
        var (first, at) = met[0];
        return Finding.Failed(
            $"{way.Client} comes to {Shown.Address(first)} by {at.Name}, its answers leave by {leaves}, and rp_filter of {at.Name} is strict: dropped",
            $"sysctl -w net.ipv4.conf.{at.Name}.rp_filter=2 net.ipv4.conf.all.rp_filter=2, or mend the route: ip route get {way.Client}");
    }
}
