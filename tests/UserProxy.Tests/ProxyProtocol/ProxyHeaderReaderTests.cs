using System.Text;
using UserProxy.ProxyProtocol;

namespace UserProxy.Tests.ProxyProtocol;

/// <summary>A header in pieces, with what follows it in the same socket.</summary>
public sealed class ProxyHeaderReaderTests
{
    private static readonly byte[] Payload = [.. "GET / HTTP/1.1\r\n\r\n"u8];

    public static TheoryData<byte[]> WholeHeaders => new(
        Headers.V1("PROXY TCP4 192.0.2.1 192.0.2.2 1024 443\r\n"),
        Headers.V1("PROXY UNKNOWN\r\n"),
        Headers.V2(0x21, 0x11, Headers.Addresses("192.0.2.1", 1024, "192.0.2.2", 443)),
        Headers.WithChecksum(0x21, 0x21, [.. Headers.Addresses("2001:db8::1", 1, "2001:db8::2", 2), .. Headers.Tlv(0x05, [.. "id"u8])]),
        Headers.V2(0x20, 0x00),
        Headers.V2(0x21, 0x11, [.. Headers.Addresses("192.0.2.1", 1024, "192.0.2.2", 443), .. Headers.Tlv(0x04, new byte[4000])]));

    [Theory]
    [MemberData(nameof(WholeHeaders))]
    public void Look_SplitAnywhere_TakesTheHeaderAndNotAByteMore(byte[] header)
    {
        byte[] sent = [.. header, .. Payload];
        var whole = Headers.Parse(header).Header;
        for (int split = 1; split < sent.Length; split++)
        {
            var socket = new Socket(sent, split);
            var reader = socket.Read();

            reader.Header.ShouldNotBeNull($"split at {split}");
            (reader.Header.Value.Source, reader.Header.Value.Length, reader.Fault).ShouldBe((whole.Source, whole.Length, null));
            Encoding.ASCII.GetString(socket.Rest).ShouldBe(Encoding.ASCII.GetString(Payload), $"split at {split}");
        }
    }

    [Theory]
    [MemberData(nameof(WholeHeaders))]
    public void Look_ByteByByte_TakesTheHeaderAndNotAByteMore(byte[] header)
    {
        var socket = new Socket([.. header, .. Payload], pieces: 1);
        var reader = socket.Read();

        reader.Header.ShouldNotBeNull();
        Encoding.ASCII.GetString(socket.Rest).ShouldBe(Encoding.ASCII.GetString(Payload));
    }

    [Fact]
    public void Look_NotAHeader_TakesNothing()
    {
        var reader = new ProxyHeaderReader();

        reader.Look(Payload).ShouldBe(0);

        (reader.IsOver, reader.Header, reader.Fault).ShouldBe((true, null, ProxyHeaderFault.NotAHeader));
    }

    [Fact]
    public void PeerLeft_BeforeTheFirstByte_IsNoFault()
    {
        var reader = new ProxyHeaderReader();
        reader.PeerLeft();
        (reader.IsOver, reader.Header, reader.Fault).ShouldBe((true, null, null));

        reader = new ProxyHeaderReader();
        reader.Look("PROXY "u8).ShouldBe(6);
        reader.PeerLeft();
        (reader.IsOver, reader.Fault).ShouldBe((true, ProxyHeaderFault.CutShort));
    }

    [Fact]
    public void PeerLeft_AfterTheHeader_ChangesNothing()
    {
        var reader = new ProxyHeaderReader();
        reader.Look("PROXY UNKNOWN\r\n"u8).ShouldBe(15);
        reader.PeerLeft();
        (reader.Header.HasValue, reader.Fault).ShouldBe((true, null));
    }

    /// <summary>Who has given up has closed the connection.</summary>
    [Fact]
    public void TimedOut_AfterTheHeader_ThereIsNone()
    {
        var reader = new ProxyHeaderReader();
        reader.Look("PROXY UNKNOWN\r\n"u8).ShouldBe(15);
        reader.TimedOut();
        (reader.IsOver, reader.Header, reader.Fault).ShouldBe((true, null, ProxyHeaderFault.Timeout));
    }

    /// <summary>Bytes that come in pieces; what is not taken is seen again.</summary>
    private sealed class Socket(byte[] sent, int pieces)
    {
        private int _taken;
        private int _come;

        public byte[] Rest => sent[_taken..];

        public ProxyHeaderReader Read()
        {
            var reader = new ProxyHeaderReader();
            while (!reader.IsOver)
            {
                _come.ShouldBeLessThan(sent.Length, "it waits although everything has come");
                // One split, or a byte at a time.
                _come = pieces == 1 ? _come + 1 : _come < pieces ? pieces : sent.Length;
                int taken = reader.Look(sent.AsSpan(_taken, _come - _taken));
                (reader.IsOver || taken == _come - _taken).ShouldBeTrue("bytes that are left would be told of again at once");
                _taken += taken;
            }

            return reader;
        }
    }
}
