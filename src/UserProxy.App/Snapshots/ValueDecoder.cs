using System.Net;
using System.Text;

namespace UserProxy.App.Snapshots;

/// <summary>
/// Reads what <see cref="ValueEncoder"/> has written. Takes nothing for granted: whatever the bytes are, it gives values or throws, and never takes more
/// memory than a file of that length can mean.
/// </summary>
/// <param name="bytes">The whole file.</param>
/// <param name="start">Where the values begin.</param>
/// <param name="end">Where they end.</param>
internal sealed class ValueDecoder(byte[] bytes, int start, int end)
{
    private readonly List<string> _texts = [];
    private int _at = start;

    public bool IsAtEnd => _at == end;

    public byte Byte() => _at < end ? bytes[_at++] : throw Damaged();

    public bool Flag() => Byte() switch { 0 => false, 1 => true, _ => throw Damaged() };

    public ulong Number()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte next = Byte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }

        throw Damaged();
    }

    public int Int()
    {
        ulong value = Number();
        return value <= uint.MaxValue ? (int)(uint)value : throw Damaged();
    }

    public long Long() => (long)Number();

    public TimeSpan Time() => TimeSpan.FromTicks(Long());

    /// <summary>One of <paramref name="count"/> numbers from zero: an enumeration's, or a place in a list.</summary>
    public int Below(int count)
    {
        ulong value = Number();
        return value < (ulong)count ? (int)value : throw Damaged();
    }

    /// <summary>How many items follow: each is a byte at least, so there are no more than bytes left.</summary>
    public int Count() => Below(end - _at + 1);

    public string? TextOrNull()
    {
        ulong number = Number();
        if (number == ValueEncoder.NoText) return null;
        if (number != ValueEncoder.NewText)
            return number - ValueEncoder.KnownTexts < (ulong)_texts.Count ? _texts[(int)(number - ValueEncoder.KnownTexts)] : throw Damaged();
        string text = Encoding.UTF8.GetString(Bytes(Count()));
        _texts.Add(text);
        return text;
    }

    public string Text() => TextOrNull() ?? throw Damaged();

    public IPAddress Address() => Byte() switch
    {
        4 => new IPAddress(Bytes(4)),
        16 => AddressOfIPv6(),
        _ => throw Damaged(),
    };

    public ReadOnlySpan<byte> Bytes(int length)
    {
        if (length > end - _at) throw Damaged();
        var taken = bytes.AsSpan(_at, length);
        _at += length;
        return taken;
    }

    public InvalidDataException Damaged() => new($"it is damaged at byte {_at}");

    private IPAddress AddressOfIPv6()
    {
        var address = Bytes(16);
        long scope = Long();
        return scope is >= 0 and <= uint.MaxValue ? new IPAddress(address, scope) : throw Damaged();
    }
}
