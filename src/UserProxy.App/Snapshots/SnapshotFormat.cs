using System.Buffers.Binary;
using UserProxy.Model;

namespace UserProxy.App.Snapshots;

/// <summary>
/// The file of a snapshot: eight bytes that say what it is, the version of the format, then who it is of, when it was known to be so and the table, and the
/// checksum of all of that. Binary, as ten thousand Services are to be read in a fraction of the time that a start may take.
/// </summary>
internal static class SnapshotFormat
{
    /// <summary>Raised with every change of what is written: a snapshot lives for an hour, so there is nothing to convert.</summary>
    public const int Version = 3;

    private const int HeaderLength = 12, SumLength = 4;

    private static ReadOnlySpan<byte> Mark => "userprxy"u8;

    public static void Write(Stream output, Snapshot snapshot)
    {
        var to = new ValueEncoder(output);
        Span<byte> header = stackalloc byte[HeaderLength];
        Mark.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header[Mark.Length..], Version);
        to.Bytes(header);
        to.Long(snapshot.WrittenAt.ToUnixTimeMilliseconds());
        to.Int(snapshot.Identity.Facts.Count);
        foreach (var (name, value) in snapshot.Identity.Facts)
        {
            to.Text(name);
            to.Text(value);
        }

        new TableWriter(to).Write(snapshot.Table);
        to.Finish();
    }

    /// <exception cref="InvalidDataException">Why it is none that this version can serve.</exception>
    public static Snapshot Read(byte[] bytes)
    {
        if (bytes.Length < HeaderLength + SumLength || !bytes.AsSpan().StartsWith(Mark))
            throw new InvalidDataException("it is no snapshot, or only the start of one");
        int version = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(Mark.Length));
        if (version != Version) throw new InvalidDataException($"it is of format {version}, and this version of userproxy has format {Version}");
        int end = bytes.Length - SumLength;
        if (Checksum.Of(bytes.AsSpan(0, end)) != BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(end)))
            throw new InvalidDataException("it is damaged: its checksum is another");
        try
        {
            return ReadValues(new ValueDecoder(bytes, HeaderLength, end));
        }
        // What the model refuses: a defect of who wrote it, as the checksum is right.
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"it holds what cannot be: {e.Message}", e);
        }
    }

    private static Snapshot ReadValues(ValueDecoder from)
    {
        long writtenAt = from.Long();
        var facts = new SnapshotFact[from.Count()];
        for (int i = 0; i < facts.Length; i++) facts[i] = new SnapshotFact(from.Text(), from.Text());
        var snapshot = new Snapshot(
            new SnapshotIdentity(new ValueList<SnapshotFact>(facts)), DateTimeOffset.FromUnixTimeMilliseconds(writtenAt), new TableReader(from).Read());
        return from.IsAtEnd ? snapshot : throw from.Damaged();
    }
}
