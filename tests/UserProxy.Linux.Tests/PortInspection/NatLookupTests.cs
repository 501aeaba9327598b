using System.Net;
using UserProxy.Linux.PortInspection;

namespace UserProxy.Linux.Tests.PortInspection;

/// <summary>Against what a kernel (6.18) was asked and answered.</summary>
public sealed class NatLookupTests
{
    /// <summary>127.0.0.1:43132 to 127.0.0.1:30080, sent on to 127.0.0.1:8080.</summary>
    private const string Answer =
        "02000000" + "34000180" + "14000180080001007f000001080002007f000001" + "1c000280050001000600000006000200a87c00000600030075800000"
        + "34000280" + "14000180080001007f000001080002007f000001" + "1c00028005000100060000000600020" + "01f90000006000300a87c0000" + "08000300000001ae";

    [Fact]
    public void ReadReplier_Translated_IsTheRealServer() => NatLookup.ReadReplier(Convert.FromHexString(Answer)).ShouldBe(IPEndPoint.Parse("127.0.0.1:8080"));

    [Fact]
    public void ReadReplier_CutAnywhere_DoesNotThrow()
    {
        byte[] whole = Convert.FromHexString(Answer);
        for (int length = 0; length < whole.Length; length++) NatLookup.ReadReplier(whole.AsSpan(0, length));
    }

    [Fact]
    public void Write_IPv4_AsksForTheOriginalTuple()
    {
        byte[] buffer = new byte[256];

        int length = NatLookup.Write(buffer, IPEndPoint.Parse("127.0.0.1:43132"), IPEndPoint.Parse("127.0.0.1:30080"), 1);

        Convert.ToHexStringLower(buffer.AsSpan(0, length)).ShouldBe(
            "48000000010101000100000000000000"
                + "02000000" + "34000180" + "14000180080001007f000001080002007f000001" + "1c000280050001000600000006000200a87c00000600030075800000");
    }

    [Fact]
    public void FindReplier_NoSuchConnection_IsNone() => NatLookup.FindReplier(IPEndPoint.Parse("192.0.2.1:1"), IPEndPoint.Parse("192.0.2.2:2")).ShouldBeNull();

    [Fact]
    public void FindReplier_IPv6_IsAskedToo() => NatLookup.FindReplier(IPEndPoint.Parse("[2001:db8::1]:1"), IPEndPoint.Parse("[2001:db8::2]:2")).ShouldBeNull();
}
