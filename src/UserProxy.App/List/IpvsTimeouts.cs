using System.Globalization;
using System.Text.Json;
using UserProxy.App.Configuration;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Model;

namespace UserProxy.App.List;

/// <summary>
/// The three timeouts that <c>ipvsadm -L --timeout</c> prints, of a running proxy: of a TCP connection, of one that one side has ended, and of a UDP session.
/// Those of Services that say nothing else by annotation.
/// </summary>
internal sealed record IpvsTimeouts(TimeSpan Tcp, TimeSpan TcpFin, TimeSpan Udp)
{
    /// <summary>From <c>/v1/settings</c>; what that lacks is as it is by default.</summary>
    public static IpvsTimeouts Of(SettingsAnswer answer)
    {
        var usual = ServiceSettings.Default;
        return new(Read("idleTimeout", usual.IdleTimeout), Read("halfCloseTimeout", usual.HalfCloseTimeout), Read("udpIdleTimeout", usual.UdpIdleTimeout));

        TimeSpan Read(string field, TimeSpan otherwise) =>
            answer.Settings.TryGetProperty(ServiceDefaults.Field, out var defaults) && defaults.TryGetProperty(field, out var value)
                && value.ValueKind == JsonValueKind.String && GoDuration.TryParse(value.GetString()!, out var time)
                ? time
                : otherwise;
    }

    public void Write(TextWriter output) => output.Write(
        string.Create(
            CultureInfo.InvariantCulture, $"Timeout (tcp tcpfin udp): {Tcp.TotalSeconds:0} {TcpFin.TotalSeconds:0} {Udp.TotalSeconds:0}\n"));
}
