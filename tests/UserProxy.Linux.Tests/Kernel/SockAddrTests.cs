using System.Net;
using UserProxy.Linux.Kernel;
using UserProxy.Udp;

namespace UserProxy.Linux.Tests.Kernel;

public class SockAddrTests
{
    [Theory]
    [InlineData("10.1.2.3:80")]
    [InlineData("0.0.0.0:0")]
    [InlineData("255.255.255.255:65535")]
    [InlineData("[2001:db8::1]:443")]
    [InlineData("[::]:30080")]
    [InlineData("[fe80::1%3]:9")]
    public void Read_WhatWriteWrote_IsTheSameEndPoint(string text)
    {
        var endpoint = IPEndPoint.Parse(text);
        var sockaddr = new byte[SockAddr.MaxLength];

        int length = SockAddr.Write(endpoint, sockaddr);

        SockAddr.Read(sockaddr.AsSpan(0, length)).ShouldBe(endpoint);
    }

    [Fact]
    public void Write_IPv4_IsLaidOutAsTheManPageSays()
    {
        var sockaddr = new byte[SockAddr.MaxLength];

        int length = SockAddr.Write(IPEndPoint.Parse("127.0.0.1:258"), sockaddr);

        length.ShouldBe(16);
        sockaddr.AsSpan(0, 8).ToArray().ShouldBe([2, 0, 1, 2, 127, 0, 0, 1]);
    }

    [Theory]
    [InlineData("10.1.2.3:80")]
    [InlineData("0.0.0.0:0")]
    [InlineData("255.255.255.255:65535")]
    [InlineData("[2001:db8::1]:443")]
    [InlineData("[::]:30080")]
    [InlineData("[fe80::1%3]:9")]
    public unsafe void ReadDatagram_WhatEitherWriteWrote_IsTheSameAddress(string text)
    {
        var endpoint = IPEndPoint.Parse(text);
        byte[] expected = new byte[SockAddr.MaxLength], written = new byte[SockAddr.MaxLength];
        new Random(1).NextBytes(written);
        int length = SockAddr.Write(endpoint, expected);
        fixed (byte* sockaddr = written)
        {
            SockAddr.Write(DatagramAddress.From(endpoint), sockaddr).ShouldBe(length);
            SockAddr.ReadDatagram(sockaddr).ToEndPoint().ShouldBe(endpoint);
        }

        written[..length].ShouldBe(expected[..length]);
        fixed (byte* sockaddr = expected) SockAddr.ReadDatagram(sockaddr).ShouldBe(DatagramAddress.From(endpoint));
    }

    /// <summary>An IPv4 address has no mapped form here: sockets are of one family each.</summary>
    [Fact]
    public unsafe void Write_MappedDatagramAddress_IsIPv4()
    {
        byte[] sockaddr = new byte[SockAddr.MaxLength];
        fixed (byte* pointer = sockaddr) SockAddr.Write(DatagramAddress.From(IPEndPoint.Parse("[::ffff:127.0.0.1]:258")), pointer).ShouldBe(16);
        sockaddr[..8].ShouldBe([2, 0, 1, 2, 127, 0, 0, 1]);
    }
}
