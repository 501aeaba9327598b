using System.Net;
using System.Text;
using UserProxy.Model;
using UserProxy.ProxyProtocol;

namespace UserProxy.Tests.ProxyProtocol;

/// <summary>Version 2, by 2.2 of the specification.</summary>
public sealed class ProxyHeaderV2Tests
{
    private const byte Proxy = 0x21, Local = 0x20, Tcp4 = 0x11, Tcp6 = 0x21;

    private static readonly byte[] Four = Headers.Addresses("192.0.2.1", 1024, "192.0.2.2", 443);
    private static readonly byte[] Six = Headers.Addresses("2001:db8::1", 1024, "2001:db8::2", 443);
    private static readonly ServicePortName Service = new("shop", "web", "http", TransportProtocol.Tcp);

    [Fact]
    public void Parse_Addresses_AreRead()
    {
        Source(Headers.V2(Proxy, Tcp4, Four)).ShouldBe("192.0.2.1:1024 192.0.2.2:443");
        Source(Headers.V2(Proxy, Tcp6, Six)).ShouldBe("[2001:db8::1]:1024 [2001:db8::2]:443");
        Source(Headers.V2(Proxy, Tcp6, Headers.Addresses("::ffff:10.0.0.7", 1, "::ffff:10.0.0.8", 2))).ShouldBe("10.0.0.7:1 10.0.0.8:2");
    }

    [Theory]
    [InlineData(0x11)]
    [InlineData(0x00)]
    [InlineData(0xFF)]
    public void Parse_Local_NothingButItsLengthCounts(byte family)
    {
        byte[] header = Headers.V2(Local, family, [.. Four, 0xFF, 0xFF, 0xFF]);

        var (result, read, _) = Headers.Parse([.. header, 1, 2, 3]);

        (result, read.Command, read.Length, read.Source).ShouldBe((ParseResult.Complete, ProxyCommand.Local, header.Length, null));
    }

    /// <summary>"Automatically falls back to the UNSPEC mode for the valid combinations above that it does not support."</summary>
    [Theory]
    [InlineData(0x00)]
    [InlineData(0x01)]
    [InlineData(0x10)]
    [InlineData(0x12)]
    [InlineData(0x22)]
    [InlineData(0x31)]
    [InlineData(0x32)]
    public void Parse_OtherFamilies_TellNobody(byte family)
    {
        byte[] header = Headers.V2(Proxy, family, Four);

        var (result, read, _) = Headers.Parse(header);

        (result, read.Command, read.Length, read.Source).ShouldBe((ParseResult.Complete, ProxyCommand.Unknown, header.Length, null));
    }

    [Theory]
    [InlineData(0x11, 0x11)]
    [InlineData(0x31, 0x11)]
    [InlineData(0x22, 0x11)]
    [InlineData(0x2F, 0x11)]
    [InlineData(0x21, 0x41)]
    [InlineData(0x21, 0x13)]
    [InlineData(0x21, 0xF1)]
    public void Parse_UnassignedValues_AreRefused(byte command, byte family) =>
        Headers.Parse(Headers.V2(command, family, Four)).ShouldBe((ParseResult.Invalid, default, ProxyHeaderFault.Malformed));

    [Fact]
    public void Parse_TooFewBytesForTheFamily_AreRefused()
    {
        Headers.Parse(Headers.V2(Proxy, Tcp4, Four[..11])).Result.ShouldBe(ParseResult.Invalid);
        Headers.Parse(Headers.V2(Proxy, Tcp6, Four)).Result.ShouldBe(ParseResult.Invalid);
        Headers.Parse(Headers.V2(Proxy, Tcp4)).Result.ShouldBe(ParseResult.Invalid);
    }

    [Fact]
    public void Parse_UnknownTlvs_ArePassedOver()
    {
        byte[] header = Headers.V2(
            Proxy, Tcp4, [.. Four, .. Headers.Tlv(0x04), .. Headers.Tlv(0xEA, 1, 2, 3), .. Headers.Tlv(0x05, [.. "abc"u8]), .. Headers.Tlv(0xFF, 9)]);

        var (result, read, _) = Headers.Parse([.. header, 0xFF]);

        (result, read.Length).ShouldBe((ParseResult.Complete, header.Length));
        Encoding.ASCII.GetString(read.UniqueId!).ShouldBe("abc");
    }

    [Fact]
    public void Parse_TlvsThatDoNotEndWithTheHeader_AreRefused()
    {
        Headers.Parse(Headers.V2(Proxy, Tcp4, [.. Four, 0x04])).Result.ShouldBe(ParseResult.Invalid);
        Headers.Parse(Headers.V2(Proxy, Tcp4, [.. Four, 0x04, 0])).Result.ShouldBe(ParseResult.Invalid);
        Headers.Parse(Headers.V2(Proxy, Tcp4, [.. Four, 0x04, 0, 1])).Result.ShouldBe(ParseResult.Invalid);
        Headers.Parse(Headers.V2(Proxy, Tcp4, [.. Four, .. Headers.Tlv(0x05, new byte[129])])).Result.ShouldBe(ParseResult.Invalid);
        Headers.Parse(Headers.V2(Proxy, Tcp4, [.. Four, .. Headers.Tlv(0x05, new byte[128])])).Result.ShouldBe(ParseResult.Complete);
    }

    [Fact]
    public void Parse_Checksum_IsAskedFor()
    {
        byte[] header = Headers.WithChecksum(Proxy, Tcp4, Four);
        Headers.Parse(header).Result.ShouldBe(ParseResult.Complete);

        header[16]++;

        Headers.Parse(header).ShouldBe((ParseResult.Invalid, default, ProxyHeaderFault.Checksum));
        Headers.Parse(Headers.V2(Proxy, Tcp4, [.. Four, .. Headers.Tlv(0x03, 1, 2, 3)])).Result.ShouldBe(ParseResult.Invalid);
    }

    [Fact]
    public void Parse_LongerThanIsRead_IsRefusedByItsLength()
    {
        byte[] longest = Headers.V2(Proxy, Tcp4, [.. Four, .. Headers.Tlv(0x04, new byte[4096 - 16 - 12 - 3])]);
        Headers.Parse(longest).Result.ShouldBe(ParseResult.Complete);
        longest.Length.ShouldBe(ProxyHeader.MaxLength);
        byte[] longer = Headers.V2(Proxy, Tcp4, [.. Four, .. Headers.Tlv(0x04, new byte[4096 - 16 - 12 - 2])]);

        Headers.Parse(longer.AsSpan(0, 16)).ShouldBe((ParseResult.Invalid, default, ProxyHeaderFault.TooLong));
    }

    [Fact]
    public void Parse_WrongVersion_IsRefusedAtOnce() => Headers.Parse(Headers.V2(0x31, Tcp4, Four).AsSpan(0, 13)).Result.ShouldBe(ParseResult.Invalid);

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.2", 0x11)]
    [InlineData("2001:db8::1", "2001:db8::2", 0x21)]
    [InlineData("192.0.2.1", "2001:db8::2", 0x21)]
    public void Write_EveryOption_IsReadBack(string source, string destination, byte family)
    {
        Span<byte> header = stackalloc byte[ProxyHeaderV2.MaxWritten];
        var from = new IPEndPoint(IPAddress.Parse(source), 1024);
        var to = new IPEndPoint(IPAddress.Parse(destination), 443);

        int length = ProxyHeaderV2.Write(header, from, to, isDatagram: false, "an id"u8, ProxyV2Options.Crc32c | ProxyV2Options.ServiceName, Service);

        header = header[..length];
        (header[12], header[13]).ShouldBe((Proxy, family));
        var (result, read, _) = Headers.Parse(header);
        (result, read.Length).ShouldBe((ParseResult.Complete, length));
        (read.Source, read.Destination).ShouldBe((from, to));
        Encoding.ASCII.GetString(read.UniqueId!).ShouldBe("an id");
        Encoding.ASCII.GetString(header).ShouldContain("shop/web:http");
        // It is a checksum at all: every other byte makes it wrong.
        for (int i = 16; i < 16 + 12; i++)
        {
            byte[] other = header.ToArray();
            other[i] ^= 1;
            Headers.Parse(other).Fault.ShouldBe(ProxyHeaderFault.Checksum);
        }
    }

    /// <summary>A segment of the least size that hosts must take, so that the header comes at once ("576 - 40 = 536 bytes").</summary>
    [Fact]
    public void Write_TheLongest_FitsIntoTheSmallestSegment()
    {
        Span<byte> header = stackalloc byte[ProxyHeaderV2.MaxWritten];
        var end = new IPEndPoint(IPAddress.IPv6Loopback, 1);
        var service = new ServicePortName(new string('n', 253), new string('s', 253), new string('p', 63), TransportProtocol.Tcp);

        int length = ProxyHeaderV2.Write(header, end, end, isDatagram: true, new byte[200], ProxyV2Options.Crc32c | ProxyV2Options.ServiceName, service);

        length.ShouldBeLessThanOrEqualTo(536);
        header[13].ShouldBe((byte)0x22);
        Headers.Parse(header[..length]).Result.ShouldBe(ParseResult.Complete);
    }

    [Fact]
    public void Write_Nothing_IsTheBareHeader()
    {
        Span<byte> header = stackalloc byte[ProxyHeaderV2.MaxWritten];

        int length = ProxyHeaderV2.Write(
            header, new(IPAddress.Parse("192.0.2.1"), 1024), new(IPAddress.Parse("192.0.2.2"), 443), isDatagram: false, [], ProxyV2Options.None, Service);

        header[..length].ToArray().ShouldBe(Headers.V2(Proxy, Tcp4, Four));
    }

    private static string Source(byte[] header)
    {
        var (result, read, _) = Headers.Parse(header);
        (result, read.Command, read.Length).ShouldBe((ParseResult.Complete, ProxyCommand.Proxy, header.Length));
        return $"{read.Source} {read.Destination}";
    }
}
