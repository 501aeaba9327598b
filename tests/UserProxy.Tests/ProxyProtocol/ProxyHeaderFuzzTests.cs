using UserProxy.ProxyProtocol;

namespace UserProxy.Tests.ProxyProtocol;

/// <summary>Whatever comes: no crash, no byte too many, and no address that a checksum does not stand for. Seeds and rounds are fixed.</summary>
public sealed class ProxyHeaderFuzzTests
{
    private const int Rounds = 20_000;

    private static readonly byte[][] Seeds =
    [
        Headers.V1("PROXY TCP4 192.0.2.1 192.0.2.2 1024 443\r\n"),
        Headers.V1("PROXY TCP6 2001:db8::1 ::ffff:192.0.2.2 1024 443\r\n"),
        Headers.V1("PROXY UNKNOWN some words\r\n"),
        Headers.V2(0x21, 0x11, [.. Headers.Addresses("192.0.2.1", 1024, "192.0.2.2", 443), .. Headers.Tlv(0x05, 1, 2), .. Headers.Tlv(0x20, 1, 0, 0, 0, 0)]),
        Headers.V2(0x20, 0x00, 1, 2, 3),
        Headers.WithChecksum(0x21, 0x21, Headers.Addresses("2001:db8::1", 1024, "2001:db8::2", 443)),
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Parse_DamagedHeaders_NeverCrashNorReadTooFar(int seed)
    {
        var random = new Random(seed);
        for (int round = 0; round < Rounds; round++) Check(Damage(random, Seeds[random.Next(Seeds.Length)]), $"seed {seed}, round {round}");
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    public void Parse_Noise_NeverCrashesNorReadsTooFar(int seed)
    {
        var random = new Random(seed);
        for (int round = 0; round < Rounds; round++)
        {
            byte[] noise = new byte[random.Next(1, 200)];
            random.NextBytes(noise);
            // Behind a signature it gets further.
            byte[] signature = random.Next(3) switch { 0 => [], 1 => Seeds[0][..6], _ => Seeds[3][..12] };
            Check([.. signature, .. noise], $"seed {seed}, round {round}");
        }
    }

    /// <summary>No accepted lie: with a checksum, one bit anywhere in the addresses is never believed.</summary>
    [Fact]
    public void Parse_OneBitOfAChecksummedAddress_IsNeverBelieved()
    {
        byte[] whole = Headers.WithChecksum(0x21, 0x21, [.. Headers.Addresses("2001:db8::1", 1024, "2001:db8::2", 443), .. Headers.Tlv(0x05, [.. "id"u8])]);
        var told = Headers.Parse(whole).Header;
        for (int bit = 0; bit < whole.Length * 8; bit++)
        {
            byte[] other = [.. whole];
            other[bit / 8] ^= (byte)(1 << (bit % 8));
            var (result, header, _) = Headers.Parse(other);
            if (result == ParseResult.Complete && header.Command == ProxyCommand.Proxy)
                (header.Source, header.Destination).ShouldBe((told.Source, told.Destination), $"bit {bit}");
        }
    }

    /// <summary>What comes in pieces is understood as what comes at once.</summary>
    [Theory]
    [InlineData(21)]
    [InlineData(22)]
    public void Look_AnyPieces_AgreesWithTheWhole(int seed)
    {
        var random = new Random(seed);
        for (int round = 0; round < Rounds / 10; round++)
        {
            byte[] bytes = [.. Damage(random, Seeds[random.Next(Seeds.Length)]), .. "client"u8];
            var (result, header, fault) = Headers.Parse(bytes);
            var reader = new ProxyHeaderReader();
            int taken = 0;
            for (int come = 0; come < bytes.Length && !reader.IsOver;)
            {
                come = Math.Min(bytes.Length, come + random.Next(1, 12));
                taken += reader.Look(bytes.AsSpan(taken, come - taken));
            }

            string what = $"seed {seed}, round {round}";
            switch (result)
            {
                case ParseResult.Complete:
                    reader.Header.ShouldNotBeNull(what);
                    (reader.Header.Value.Source, reader.Header.Value.Destination, taken).ShouldBe((header.Source, header.Destination, header.Length), what);
                    break;
                case ParseResult.Invalid:
                    (reader.Header, reader.Fault).ShouldBe((null, fault), what);
                    break;
                default:
                    (reader.IsOver, taken).ShouldBe((false, bytes.Length), what);
                    break;
            }
        }
    }

    private static void Check(byte[] bytes, string what)
    {
        var (result, header, _) = Headers.Parse(bytes);
        if (result == ParseResult.Complete)
        {
            header.Length.ShouldBeInRange(15, Math.Min(bytes.Length, ProxyHeader.MaxLength), what);
            (header.Source is not null).ShouldBe(header.Command == ProxyCommand.Proxy, what);
            // Nothing behind the header changes what it says.
            Headers.Parse(bytes.AsSpan(0, header.Length)).Header.Source.ShouldBe(header.Source, what);
        }

        // A header does not become one by a byte that is taken away.
        if (result == ParseResult.Complete)
            for (int length = 0; length < header.Length; length++) Headers.Parse(bytes.AsSpan(0, length)).Result.ShouldBe(ParseResult.Incomplete, what);
    }

    private static byte[] Damage(Random random, byte[] seed)
    {
        var bytes = seed.ToList();
        for (int times = random.Next(4); times > 0 && bytes.Count > 1; times--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 5), bytes.Count - at));
                    break;
                case 3:
                    bytes.Insert(at, (byte)random.Next(256));
                    break;
                default:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 20), bytes.Count - at)));
                    break;
            }
        }

        return [.. bytes];
    }
}
