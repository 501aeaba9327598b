using System.Net;
using System.Net.Sockets;
using UserProxy.Linux.PortInspection;

namespace UserProxy.Linux.Tests.PortInspection;

public sealed class TestConnectionTests
{
    /// <summary>The runtime has no local address of a socket that was reset before it looked.</summary>
    [Fact]
    public async Task Open_ResetAsSoonAsItIsConnected_IsReset()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var patient = new InspectionTimings { Connect = TimeSpan.FromSeconds(60), Accept = TimeSpan.FromSeconds(60), Longest = TimeSpan.FromSeconds(60) };
        var time = new WatchedTime();
        using var connection = new TestConnection((IPEndPoint)listener.LocalEndpoint, patient, time);
        time.WhenAsked = () =>
        {
            if (connection.Facts.Outcome != ProbeOutcome.Connected) return;
            time.WhenAsked = null;
            using var accepted = listener.AcceptSocket();
            accepted.LingerState = new LingerOption(true, 0);
        };
        using var table = SocketTable.Open();

        await connection.OpenAsync(table, CancellationToken.None);

        time.WhenAsked.ShouldBeNull();
        (connection.Facts.Outcome, connection.Facts.PeerEnd).ShouldBe((ProbeOutcome.Connected, PeerEnd.Reset));
    }

    private sealed class WatchedTime : TimeProvider
    {
        public Action? WhenAsked { get; set; }

        public override long GetTimestamp()
        {
            WhenAsked?.Invoke();
            return base.GetTimestamp();
        }
    }
}
