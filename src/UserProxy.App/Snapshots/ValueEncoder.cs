using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace UserProxy.App.Snapshots;

/// <summary>
/// Writes the values that a snapshot is made of, a part at a time, so that a large table needs no large buffer. Each text is written once and named by its
/// number from then on. Read by <see cref="ValueDecoder"/>.
/// </summary>
internal sealed class ValueEncoder(Stream output)
{
    public const int NoText = 0, NewText = 1, KnownTexts = 2;

    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly Dictionary<string, int> _texts = new(StringComparer.Ordinal);
    private uint _sum = Checksum.Start;
    private int _length;

    public void Byte(byte value)
    {
        if (_length == _buffer.Length) Flush();
        _buffer[_length++] = value;
    }

    public void Flag(bool value) => Byte(value ? (byte)1 : (byte)0);

    /// <summary>Seven bits a byte, the lowest first: most numbers are small.</summary>
    public void Number(ulong value)
    {
        for (; value >= 0x80; value >>= 7) Byte((byte)(value | 0x80));
        Byte((byte)value);
    }

    public void Int(int value) => Number((uint)value);

    public void Long(long value) => Number((ulong)value);

    public void Time(TimeSpan value) => Long(value.Ticks);

    public void Text(string? text)
    {
        if (text is null)
        {
            Number(NoText);
            return;
        }

        if (_texts.TryGetValue(text, out int known))
        {
            Number((ulong)known + KnownTexts);
            return;
        }

        _texts.Add(text, _texts.Count);
        Number(NewText);
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Int(bytes.Length);
        Bytes(bytes);
    }

    /// <summary>As many bytes as it has, which says its family.</summary>
    public void Address(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int length);
        Byte((byte)length);
        Bytes(bytes[..length]);
        if (address.AddressFamily == AddressFamily.InterNetworkV6) Long(address.ScopeId);
    }

    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            if (_length == _buffer.Length) Flush();
            int taken = Math.Min(bytes.Length, _buffer.Length - _length);
            bytes[..taken].CopyTo(_buffer.AsSpan(_length));
            _length += taken;
            bytes = bytes[taken..];
        }
    }

    /// <summary>The sum of all that was written goes last.</summary>
    public void Finish()
    {
        Flush();
        Span<byte> sum = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(sum, _sum);
        output.Write(sum);
    }

    private void Flush()
    {
        var bytes = _buffer.AsSpan(0, _length);
        _sum = Checksum.Of(bytes, _sum);
        output.Write(bytes);
        _length = 0;
    }
}
