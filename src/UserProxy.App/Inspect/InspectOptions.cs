using System.Net;
using UserProxy.Model;

namespace UserProxy.App.Inspect;

/// <summary>What <c>inspect</c> was asked on the command line.</summary>
/// <param name="Port">1 to 65535.</param>
/// <param name="Protocol">TCP, or UDP with <c>--udp</c>.</param>
/// <param name="Address">Only this one; null for all that the port has.</param>
/// <param name="Probe">A test connection may be made.</param>
/// <param name="Watch">Again and again, until stopped.</param>
/// <param name="AdminSocket">Of the userproxy to ask about its own ports; null for the usual one.</param>
/// <param name="Json">For a program instead of a person.</param>
internal sealed record InspectOptions(int Port, TransportProtocol Protocol, IPAddress? Address, bool Probe, bool Watch, string? AdminSocket, bool Json);
