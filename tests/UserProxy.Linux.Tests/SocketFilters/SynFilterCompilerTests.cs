using System.Net;
using System.Net.Sockets;
using FsCheck;
using FsCheck.Fluent;
using UserProxy.Linux.SocketFilters;
using UserProxy.Model;
using UserProxy.Policy;

namespace UserProxy.Linux.Tests.SocketFilters;

public sealed class SynFilterCompilerTests
{
    private const byte Syn = 0x02, Ack = 0x10, Fin = 0x01, Rst = 0x04, Ece = 0x40, Cwr = 0x80;

    private static readonly Config Fixed = Config.QuickThrowOnFailure.WithMaxTest(300).WithReplay(20_250_101, 77);

    [Theory]
    [InlineData(AddressFamily.InterNetwork)]
    [InlineData(AddressFamily.InterNetworkV6)]
    public void Compile_AnyAdmission_DiscardsTheSynsThatItDoesNotAdmit(AddressFamily family) =>
        Check.One(Fixed, Prop.ForAll(Cases(family).ToArbitrary(), test =>
        {
            var program = SynFilterCompiler.Compile(test.Admission, family).ShouldNotBeNull();
            (Run(program, test.Client, Syn) != 0).ShouldBe(test.Admission.Admits(test.Client));
        }));

    [Theory]
    [InlineData(Ack)]
    [InlineData(Syn | Ack)]
    [InlineData(Fin | Ack)]
    [InlineData(Rst)]
    [InlineData(0)]
    public void Compile_NobodyAdmitted_EverythingButASynPasses(byte flags) =>
        Run(SynFilterCompiler.Compile(Admission.Nobody, AddressFamily.InterNetwork)!, IPAddress.Loopback, flags).ShouldBe(SynFilterCompiler.Pass);

    [Fact]
    public void Compile_SynThatOffersCongestionNotification_IsASyn() =>
        Run(SynFilterCompiler.Compile(Admission.Nobody, AddressFamily.InterNetwork)!, IPAddress.Loopback, Syn | Ece | Cwr).ShouldBe(SynFilterCompiler.Discard);

    [Theory]
    [InlineData(AddressFamily.InterNetwork, 900, true)]
    [InlineData(AddressFamily.InterNetwork, 1_250, false)]
    [InlineData(AddressFamily.InterNetworkV6, 400, true)]
    [InlineData(AddressFamily.InterNetworkV6, 500, false)]
    public void Compile_ManyBlocks_IsAProgramThatFitsOrNone(AddressFamily family, int count, bool fits)
    {
        int length = family == AddressFamily.InterNetwork ? 4 : 16;
        var blocks = Enumerable.Range(0, count).Select(number =>
        {
            byte[] bytes = new byte[length];
            bytes[0] = 0x20;
            bytes[^2] = (byte)(number >> 8);
            bytes[^1] = (byte)number;
            return new CidrBlock(new IPAddress(bytes), length * 8 - 1 + (number & 1));
        });

        var program = SynFilterCompiler.Compile(new Admission([new([.. blocks])]), family);

        (program is not null).ShouldBe(fits);
        if (program is not null) program.Length.ShouldBeLessThanOrEqualTo(SynFilterCompiler.MaxInstructions);
    }

    /// <summary>Clients near the blocks: most random ones would be outside of all.</summary>
    private static Gen<(Admission Admission, IPAddress Client)> Cases(AddressFamily family)
    {
        int length = family == AddressFamily.InterNetwork ? 4 : 16;
        var octet = Gen.Frequency((3, Gen.Elements<byte>(0, 1, 128, 255)), (1, Gen.Choose(0, 255).Select(value => (byte)value)));
        var address = Gen.ArrayOf(octet, length).Select(bytes => new IPAddress(bytes));
        var other = Gen.ArrayOf(octet, 20 - length).Select(bytes => new CidrBlock(new IPAddress(bytes), 0));
        var block = address.SelectMany(each => Gen.Choose(0, length * 8).Select(prefix => new CidrBlock(each, prefix)));
        var group = Gen.ListOf(Gen.Frequency((8, block), (1, other))).Select(blocks => new ValueList<CidrBlock>([.. blocks.Take(6)]));
        var groups = Gen.Choose(1, 3).SelectMany(count => Gen.ListOf(group, count)).Select(all => new Admission(new([.. all])));
        return groups.SelectMany(admission => Client(admission, address).Select(client => (admission, client)));
    }

    private static Gen<IPAddress> Client(Admission admission, Gen<IPAddress> any)
    {
        var near = admission.Groups.SelectMany(each => each).ToList();
        return near.Count == 0
            ? any
            : Gen.OneOf(
                any, Gen.Elements(near.ToArray()).SelectMany(block => Gen.Choose(0, 127).SelectMany(bit => any.Select(other => Flip(block, bit, other)))));
    }

    /// <summary>The block's address with one bit turned, or <paramref name="other"/> when the block is of the other family.</summary>
    private static IPAddress Flip(CidrBlock block, int bit, IPAddress other)
    {
        if (block.Family != other.AddressFamily) return other;
        byte[] bytes = block.Address.GetAddressBytes();
        bit %= bytes.Length * 8;
        bytes[bit / 8] ^= (byte)(0x80 >> (bit % 8));
        return new IPAddress(bytes);
    }

    private static uint Run(FilterInstruction[] program, IPAddress client, byte flags)
    {
        byte[] network = new byte[40];
        client.GetAddressBytes().CopyTo(network, client.AddressFamily == AddressFamily.InterNetworkV6 ? 8 : 12);
        byte[] transport = new byte[20];
        transport[13] = flags;
        return FilterInterpreter.Run(program, network, transport);
    }
}
