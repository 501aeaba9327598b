using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using UserProxy.Linux.PortInspection;
using UserProxy.Policy;

namespace UserProxy.App.Verify.Probing;

/// <summary>The interfaces of this node and the settings that decide over what comes in by them, as far as they can be read.</summary>
/// <param name="Devices">Names of interfaces with their addresses; empty when they cannot be read.</param>
/// <param name="Settings">Of the kernel; null elsewhere than on Linux.</param>
/// <param name="WayBack">The way to the client that was asked for; null without one.</param>
internal sealed record NodeNetwork(IReadOnlyList<NodeDevice> Devices, KernelSettings? Settings, WayBack? WayBack)
{
    /// <summary>Of the default route of IPv4; null without one.</summary>
    public string? DefaultOfFour { get; init; }

    /// <summary>The same of IPv6.</summary>
    public string? DefaultOfSix { get; init; }

    public static NodeNetwork Read(IPAddress? client)
    {
        var devices = ReadDevices();
        return new(devices, OperatingSystem.IsLinux() ? new KernelSettings() : null, client is null ? null : WayBack.To(client, devices))
        {
            DefaultOfFour = RouteDevice.To(IPAddress.Any),
            DefaultOfSix = RouteDevice.To(IPAddress.IPv6Any),
        };
    }

    /// <summary>The interface that clients of a family come by, as far as the routes tell: of the one that was asked for, or of most.</summary>
    public string? DeviceOf(AddressFamily family)
    {
        string? device = WayBack is { } way ? way.Link : family == AddressFamily.InterNetworkV6 ? DefaultOfSix : DefaultOfFour;
        return device == "lo" ? null : device;
    }

    public NodeDevice? Of(IPAddress address) => Devices.FirstOrDefault(device => device.Addresses.Contains(address));

    private static List<NodeDevice> ReadDevices()
    {
        try
        {
            return [
                .. NetworkInterface.GetAllNetworkInterfaces()
                    .Where(card => card.OperationalStatus != OperationalStatus.Down)
                    .Select(card => new NodeDevice(card.Name, [.. card.GetIPProperties().UnicastAddresses.Select(unicast => unicast.Address)]))];
        }
        catch (Exception e) when (InterfaceAddresses.AreUnreadable(e))
        {
            return [];
        }
    }
}

/// <summary>One interface that is not down.</summary>
internal sealed record NodeDevice(string Name, IReadOnlyList<IPAddress> Addresses);

/// <summary>Which way an answer to a client would leave this node.</summary>
/// <param name="Client">The client.</param>
/// <param name="Source">The address that it would come from; null: there is no route.</param>
/// <param name="Device">The interface that has it; null when none was seen to.</param>
internal sealed record WayBack(IPAddress Client, IPAddress? Source, string? Device)
{
    /// <summary>
    /// The interface that the answer leaves by; null where it is not known. The one that has the address need not be it: the way to a Pod is a link of its own.
    /// </summary>
    public string? Link { get; init; }

    /// <summary>By the kernel's own choice: connecting a UDP socket sends nothing (connect(2)).</summary>
    public static WayBack To(IPAddress client, IReadOnlyList<NodeDevice> devices)
    {
        var source = SourceTo(client);
        string? name = source is null ? null : devices.FirstOrDefault(device => device.Addresses.Contains(source))?.Name;
        // Two witnesses: the routes of /proc/net are not all.
        return new(client, source, name) { Link = name is not null && RouteDevice.To(client) == name ? name : null };
    }

    public static IPAddress? SourceTo(IPAddress address)
    {
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(new IPEndPoint(address, 9));
            return ((IPEndPoint)socket.LocalEndPoint!).Address;
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
