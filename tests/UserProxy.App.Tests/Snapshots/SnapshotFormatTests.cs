using UserProxy.App.Snapshots;

namespace UserProxy.App.Tests.Snapshots;

/// <summary>What is no whole snapshot of this format is refused, whatever it is, and nothing else happens.</summary>
public sealed class SnapshotFormatTests
{
    private static readonly byte[] Whole = Written.Bytes(Written.Of(new AnyModel(random: null).Table()));

    [Fact]
    public void Read_WhatWasWritten_HasItsIdentityAndTime()
    {
        var snapshot = SnapshotFormat.Read(Whole);
        snapshot.Identity.ShouldBe(Written.Identity);
        snapshot.WrittenAt.ShouldBe(Written.At);
    }

    [Fact]
    public void Read_OneByteIsAnother_IsRefused_WhereverItIs()
    {
        for (int at = 0; at < Whole.Length; at++)
        {
            foreach (byte change in (byte[])[0x01, 0x80, 0xFF])
            {
                byte[] damaged = [.. Whole];
                damaged[at] ^= change;
                Should.Throw<InvalidDataException>(() => SnapshotFormat.Read(damaged), $"byte {at}");
            }
        }
    }

    [Fact]
    public void Read_OnlyTheStart_IsRefused_HoweverMuchIsThere()
    {
        for (int length = 0; length < Whole.Length; length++) Should.Throw<InvalidDataException>(() => SnapshotFormat.Read(Whole[..length]), $"{length} bytes");
        Should.Throw<InvalidDataException>(() => SnapshotFormat.Read([.. Whole, 0]));
    }

    /// <summary>Behind a checksum that is right there may be anything: the values are read by whoever wrote something else.</summary>
    [Fact]
    public void Values_OneByteIsAnother_AreReadOrRefused()
    {
        for (int at = 12; at < Whole.Length - 4; at++)
        {
            byte[] damaged = [.. Whole];
            for (int change = 1; change < 256; change <<= 1)
            {
                damaged[at] = (byte)(Whole[at] ^ change);
                uint sum = Checksum.Of(damaged.AsSpan(0, damaged.Length - 4));
                BitConverter.TryWriteBytes(damaged.AsSpan(damaged.Length - 4), sum).ShouldBeTrue();
                try
                {
                    SnapshotFormat.Read(damaged);
                }
                catch (InvalidDataException)
                {
                    // Nothing else may come out.
                }
            }
        }
    }

    [Fact]
    public void Read_OtherFormat_SaysSo()
    {
        byte[] other = [.. Whole];
        other[8]++;
        Should.Throw<InvalidDataException>(() => SnapshotFormat.Read(other)).Message.ShouldBe(
            $"it is of format {SnapshotFormat.Version + 1}, and this version of userproxy has format {SnapshotFormat.Version}");
    }

    [Theory]
    [InlineData("")]
    [InlineData("apiVersion: v1\nkind: Service\n# nothing of ours\n")]
    public void Read_AnotherFile_SaysSo(string text) => Should.Throw<InvalidDataException>(
        () => SnapshotFormat.Read(System.Text.Encoding.UTF8.GetBytes(text))).Message.ShouldBe("it is no snapshot, or only the start of one");

    /// <summary>RFC 3720, B.4: thirty-two bytes of ones.</summary>
    [Fact]
    public void Checksum_IsCrc32C()
    {
        byte[] ones = [.. Enumerable.Repeat((byte)0xFF, 32)];
        (~Checksum.Of(ones)).ShouldBe(0x62A8AB43u);
        Checksum.Of(ones.AsSpan(5), Checksum.Of(ones.AsSpan(0, 5))).ShouldBe(Checksum.Of(ones));
    }
}
