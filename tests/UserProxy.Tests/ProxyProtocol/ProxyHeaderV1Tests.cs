using System.Net;
using System.Text;
using UserProxy.ProxyProtocol;

namespace UserProxy.Tests.ProxyProtocol;

/// <summary>Version 1, by 2.1 of the specification.</summary>
public sealed class ProxyHeaderV1Tests
{
    [Theory]
    [InlineData("PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n", "192.168.0.1:56324", "192.168.0.11:443")]
    [InlineData("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255:65535", "255.255.255.255:65535")]
    [InlineData("PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", "0.0.0.0:0", "0.0.0.0:0")]
    [InlineData("PROXY TCP6 2001:DB8::1 ::1 1 2\r\n", "[2001:db8::1]:1", "[::1]:2")]
    [InlineData("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
        "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535", "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535")]
    // A mapped address is the IPv4 address that it stands for: it must not pass ranges as one of the other family.
    [InlineData("PROXY TCP6 ::ffff:10.0.0.7 ::ffff:a00:8 1 2\r\n", "10.0.0.7:1", "10.0.0.8:2")]
    public void Parse_Addresses_AreRead(string line, string source, string destination)
    {
        var (result, header, _) = Headers.Parse([.. Headers.V1(line), .. "GET / HTTP/1.1\r\n"u8]);

        result.ShouldBe(ParseResult.Complete);
        (header.Command, header.Length).ShouldBe((ProxyCommand.Proxy, line.Length));
        (header.Source!.ToString(), header.Destination!.ToString()).ShouldBe((source, destination));
    }

    [Theory]
    [InlineData("PROXY UNKNOWN\r\n")]
    [InlineData("PROXY UNKNOWN whatever 1 2 3\r\n")]
    [InlineData("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n")]
    public void Parse_Unknown_TellsNobody(string line)
    {
        var (result, header, _) = Headers.Parse([.. Headers.V1(line), 1, 2, 3]);

        (result, header.Command, header.Length, header.Source).ShouldBe((ParseResult.Complete, ProxyCommand.Unknown, line.Length, null));
    }

    [Theory]
    [InlineData("PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\n")]
    [InlineData("PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r \n")]
    [InlineData("PROXY TCP4 192.168.0.1 192.168.0.11 56324\r\n")]
    [InlineData("PROXY TCP4 192.168.0.1 192.168.0.11 56324 443 \r\n")]
    [InlineData("PROXY TCP4  192.168.0.1 192.168.0.11 56324 443\r\n")]
    [InlineData("PROXY TCP4 192.168.0.1 192.168.0.11 56324 443 1\r\n")]
    [InlineData("PROXY TCP4 192.168.00.1 192.168.0.11 56324 443\r\n")]
    [InlineData("PROXY TCP4 192.168.0.256 192.168.0.11 56324 443\r\n")]
    [InlineData("PROXY TCP4 192.168.1 192.168.0.11 56324 443\r\n")]
    [InlineData("PROXY TCP4 192.168.0.1.1 192.168.0.11 56324 443\r\n")]
    [InlineData("PROXY TCP4 192.168.0.1 192.168.0.11 056324 443\r\n")]
    [InlineData("PROXY TCP4 192.168.0.1 192.168.0.11 65536 443\r\n")]
    [InlineData("PROXY TCP4 192.168.0.1 192.168.0.11 +1 443\r\n")]
    [InlineData("PROXY TCP4 192.168.0.1 192.168.0.11 -1 443\r\n")]
    [InlineData("PROXY TCP4 ::1 ::1 1 2\r\n")]
    [InlineData("PROXY TCP6 192.168.0.1 192.168.0.11 1 2\r\n")]
    [InlineData("PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n")]
    [InlineData("PROXY TCP6 [::1] ::1 1 2\r\n")]
    [InlineData("PROXY TCP6 ::1/64 ::1 1 2\r\n")]
    [InlineData("PROXY TCP6 ::ffff:010.0.0.1 ::1 1 2\r\n")]
    [InlineData("PROXY TCP6 1::2::3 ::1 1 2\r\n")]
    [InlineData("PROXY TCP5 192.168.0.1 192.168.0.11 1 2\r\n")]
    [InlineData("PROXY UDP4 192.168.0.1 192.168.0.11 1 2\r\n")]
    [InlineData("PROXY UNKNOWNX\r\n")]
    [InlineData("PROXY tcp4 192.168.0.1 192.168.0.11 1 2\r\n")]
    [InlineData("PROXY\tTCP4 192.168.0.1 192.168.0.11 1 2\r\n")]
    [InlineData("proxy TCP4 192.168.0.1 192.168.0.11 1 2\r\n")]
    [InlineData("GET / HTTP/1.1\r\n")]
    public void Parse_NotByTheSpecification_IsRefused(string line) => Headers.Parse(Headers.V1(line)).Result.ShouldBe(ParseResult.Invalid);

    [Fact]
    public void Parse_NoLineEndInTime_IsRefusedAtTheLongestLine()
    {
        byte[] endless = Headers.V1("PROXY UNKNOWN " + new string('x', 200));

        for (int length = 1; length < 107; length++) Headers.Parse(endless.AsSpan(0, length)).Result.ShouldBe(ParseResult.Incomplete, $"{length} bytes");
        Headers.Parse(endless.AsSpan(0, 107)).Result.ShouldBe(ParseResult.Invalid);
    }

    /// <summary>As soon as it can be no header: whoever waits for more of it would wait for ever.</summary>
    [Fact]
    public void Parse_WrongWord_IsRefusedBeforeTheLineEnds()
    {
        Headers.Parse("X"u8).ShouldBe((ParseResult.Invalid, default, ProxyHeaderFault.NotAHeader));
        Headers.Parse("PROX "u8).ShouldBe((ParseResult.Invalid, default, ProxyHeaderFault.NotAHeader));
        Headers.Parse("PROXY TCP7"u8).ShouldBe((ParseResult.Invalid, default, ProxyHeaderFault.Malformed));
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.2", "PROXY TCP4 192.0.2.1 192.0.2.2 1024 443\r\n")]
    [InlineData("2001:db8::1", "2001:db8::2", "PROXY TCP6 2001:db8::1 2001:db8::2 1024 443\r\n")]
    [InlineData("fe80::1%3", "2001:db8::2", "PROXY TCP6 fe80::1 2001:db8::2 1024 443\r\n")]
    // Of both families: the IPv4 one is told as IPv6, in the groups that the specification has.
    [InlineData("192.0.2.1", "2001:db8::2", "PROXY TCP6 0:0:0:0:0:ffff:c000:201 2001:db8::2 1024 443\r\n")]
    [InlineData("2001:db8::1", "192.0.2.2", "PROXY TCP6 2001:db8::1 0:0:0:0:0:ffff:c000:202 1024 443\r\n")]
    public void Write_IsTheLineOfTheSpecification(string source, string destination, string expected)
    {
        Span<byte> line = stackalloc byte[ProxyHeaderV1.MaxLength];

        int length = ProxyHeaderV1.Write(line, new IPEndPoint(IPAddress.Parse(source), 1024), new IPEndPoint(IPAddress.Parse(destination), 443));

        Encoding.ASCII.GetString(line[..length]).ShouldBe(expected);
        Headers.Parse(line[..length]).Result.ShouldBe(ParseResult.Complete);
    }
}
