using System.Buffers.Binary;
using System.Text;

namespace UserProxy.UdpLoad;

/// <summary>
/// The queries "hN.ZONE A" as datagrams, made once, and the check of their answers, 10.99.0.N: a reply that belongs to another flow is seen although its ID
/// fits.
/// </summary>
internal sealed class Questions
{
    public const int Count = 256;

    private const int HeaderLength = 12;

    /// <summary>Of the first answer: a pointer to the name, type, class, time to live and length, which stand before the address.</summary>
    private const int AnswerHead = 12;

    private readonly byte[][] _datagrams;

    public Questions(string zone) => _datagrams = [.. Enumerable.Range(0, Count).Select(i => Datagram($"h{i}.{zone}"))];

    /// <summary>The datagram is the caller's to send at once: the ID is written into the one copy that the thread has.</summary>
    public Questions Copy() => new([.. _datagrams.Select(datagram => (byte[])datagram.Clone())]);

    private Questions(byte[][] datagrams) => _datagrams = datagrams;

    public ReadOnlySpan<byte> Ask(int name, ushort id)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_datagrams[name], id);
        return _datagrams[name];
    }

    public static ushort IdOf(ReadOnlySpan<byte> reply) => BinaryPrimitives.ReadUInt16BigEndian(reply);

    public bool IsAnswer(int name, ReadOnlySpan<byte> reply)
    {
        var asked = _datagrams[name].AsSpan();
        int address = asked.Length + AnswerHead;
        return reply.Length >= address + 4
            && (reply[2] & 0x80) != 0 // a response, not our own datagram come back
            && (reply[3] & 0x0f) == 0 // NOERROR
            && reply[HeaderLength..asked.Length].SequenceEqual(asked[HeaderLength..])
            && BinaryPrimitives.ReadUInt32BigEndian(reply[address..]) == 0x0a630000u + (uint)name;
    }

    private static byte[] Datagram(string name)
    {
        using var bytes = new MemoryStream();
        bytes.Write([0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]); // ID, no flags, one question
        foreach (string label in name.Split('.'))
        {
            bytes.WriteByte((byte)label.Length);
            bytes.Write(Encoding.ASCII.GetBytes(label));
        }
        bytes.Write([0, 0, 1, 0, 1]); // root, A, IN
        return bytes.ToArray();
    }
}
