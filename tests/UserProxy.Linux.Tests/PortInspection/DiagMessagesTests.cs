using System.Net;
using UserProxy.Linux.PortInspection;

namespace UserProxy.Linux.Tests.PortInspection;

/// <summary>Against what a kernel (6.18, little endian) really sent.</summary>
public sealed class DiagMessagesTests
{
    /// <summary>[::]:30080, listen(128), one waits.</summary>
    private const string Listener =
        "0a0a0000758000000000000000000000000000000000000000000000000000000000000000000000000000001387010000000000000000000100000080000000000000007720af01"
        + "050008000000000005000b000000000008000f00000000000c001500010000000000000006001600"
        + "1200000028000700000000000000020000000000004000000000000000000000000000000000000000000000";

    /// <summary>Its unaccepted child with 10 unread bytes: IPv4 by way of the IPv6 socket.</summary>
    private const string Child =
        "0a0100007580eb5600000000000000000000ffff7f00000100000000000000000000ffff7f000001000000001487010000000000000000000a000000000000000000000000000000"
        + "050008000000000008000f00000000000c0015000100000000000000060016001200000028000700"
        + "4a0300000000020000000000001e3c00b60c000000000000000000000000000000000000";

    /// <summary>127.0.0.1:5353 with a small buffer: 4,608 bytes waiting, 7 datagrams dropped.</summary>
    private const string Udp =
        "0207000014e900007f0000010000000000000000000000000000000000000000000000000000000000000000188701000000000000000000001200000000000000000000ccdcb101"
        + "050008000000000008000f00000000000c0015000100000000000000060016005000000028000700"
        + "00120000001200000000000000400300000e000000000000000000000000000007000000";

    [Fact]
    public void ReadRow_Listener_HasQueueAndBacklog()
    {
        var row = DiagMessages.ReadRow(Convert.FromHexString(Listener)).ShouldNotBeNull();

        row.State.ShouldBe(SocketState.Listen);
        row.Local.ShouldBe(new IPEndPoint(IPAddress.IPv6Any, 30080));
        row.ReceiveQueue.ShouldBe(1u);
        row.SendQueue.ShouldBe(128u);
        row.Inode.ShouldBe(28254327u);
        row.IPv6Only.ShouldBe(false);
        row.IsUnaccepted.ShouldBeFalse();
    }

    [Fact]
    public void ReadRow_MappedChild_IsIPv4AndUnaccepted()
    {
        var row = DiagMessages.ReadRow(Convert.FromHexString(Child)).ShouldNotBeNull();

        row.State.ShouldBe(SocketState.Established);
        row.Local.ShouldBe(IPEndPoint.Parse("127.0.0.1:30080"));
        row.Remote.ShouldBe(IPEndPoint.Parse("127.0.0.1:60246"));
        row.ReceiveQueue.ShouldBe(10u);
        row.Inode.ShouldBe(0u);
        row.IsUnaccepted.ShouldBeTrue();
        row.IsOwned.ShouldBeFalse();
    }

    [Fact]
    public void ReadRow_LinkLocal_HasItsLink()
    {
        byte[] bytes = Convert.FromHexString(Listener);
        IPAddress.Parse("fe80::7").GetAddressBytes().CopyTo(bytes, 8);
        bytes[40] = 3;

        DiagMessages.ReadRow(bytes).ShouldNotBeNull().Local.ShouldBe(IPEndPoint.Parse("[fe80::7%3]:30080"));
    }

    [Fact]
    public void ReadRow_Udp_HasDropsAndBuffer()
    {
        var row = DiagMessages.ReadRow(Convert.FromHexString(Udp)).ShouldNotBeNull();

        (row.State, row.ReceiveQueue, row.ReceiveBuffer, row.Drops).ShouldBe((SocketState.Closed, 4608u, 4608u, 7u));
    }

    [Fact]
    public void ReadRow_CutAnywhere_DoesNotThrow()
    {
        byte[] whole = Convert.FromHexString(Udp);
        for (int length = 0; length < whole.Length; length++)
        {
            var row = DiagMessages.ReadRow(whole.AsSpan(0, length));
            row.HasValue.ShouldBe(length >= 72, $"{length} bytes");
            row?.Drops.ShouldBeNull();
        }
    }

    [Fact]
    public void ReadRow_OtherFamily_IsNone()
    {
        byte[] bytes = Convert.FromHexString(Udp);
        bytes[0] = 1;

        DiagMessages.ReadRow(bytes).ShouldBeNull();
    }

    [Fact]
    public void WriteDump_IsTheRequestOfTheManPage()
    {
        byte[] buffer = new byte[DiagMessages.RequestLength];

        DiagMessages.WriteDump(buffer, 10, 6, new SocketPorts(30080, 0), 0xfff, sequence: 7);

        Convert.ToHexStringLower(buffer).ShouldBe(
            "4800000014000103" + "0700000000000000" // length, type, flags; sequence
            + "0a064000ff0f0000" // family, protocol, SKMEMINFO; states
            + "75800000" + new string('0', 64) + "00000000" // ports, addresses, interface
            + "ffffffffffffffff"); // no cookie
    }
}
