using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace UserProxy.App.Verify.Probing;

/// <summary>What a resolver says of the Service's name, of both address families.</summary>
/// <param name="Name">That was asked for.</param>
/// <param name="Server">Who was asked.</param>
/// <param name="Addresses">Of all answers.</param>
/// <param name="Code">RCODE of DNS (RFC 1035): 0 is well, 3 no such name; null: nobody answered.</param>
internal sealed record NameAnswer(string Name, IPEndPoint Server, IReadOnlyList<IPAddress> Addresses, int? Code)
{
    private const int LongestMessage = 1232, HeaderLength = 12, MostAnswers = 64;
    private const ushort TypeA = 1, TypeAaaa = 28, ClassInternet = 1;

    public static async Task<NameAnswer> AskAsync(string name, IPEndPoint server, TimeSpan patience, CancellationToken cancellation)
    {
        var four = AskAsync(name, TypeA, server, patience, cancellation);
        var six = await AskAsync(name, TypeAaaa, server, patience, cancellation);
        var both = new[] { await four, six };
        int? code = both.Any(answer => answer.Code == 0) ? 0 : both[0].Code ?? both[1].Code;
        return new(name, server, [.. both.SelectMany(answer => answer.Addresses)], code);
    }

    private static async Task<(int? Code, IReadOnlyList<IPAddress> Addresses)> AskAsync(
        string name, ushort type, IPEndPoint server, TimeSpan patience, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(patience);
        try
        {
            using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            await socket.ConnectAsync(server, limit.Token);
            byte[] question = Question(name, type, (ushort)RandomNumberGenerator.GetInt32(ushort.MaxValue));
            byte[] answer = new byte[LongestMessage];
            while (true)
            {
                await socket.SendAsync(question, limit.Token);
                // A datagram may be lost: asked again within the patience.
                using var once = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
                once.CancelAfter(patience / 3);
                try
                {
                    int length = await socket.ReceiveAsync(answer, once.Token);
                    if (Read(answer.AsSpan(0, length), question, type) is { } read) return read;
                }
                catch (OperationCanceledException) when (!limit.IsCancellationRequested)
                {
                    // Once more.
                }
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return (null, []);
        }
    }

    internal static byte[] Question(string name, ushort type, ushort id)
    {
        using var message = new MemoryStream();
        Span<byte> header = stackalloc byte[HeaderLength];
        header.Clear();
        BinaryPrimitives.WriteUInt16BigEndian(header, id);
        header[2] = 1; // recursion is desired
        header[5] = 1; // one question
        message.Write(header);
        foreach (string label in name.Split('.'))
        {
            byte[] text = Encoding.ASCII.GetBytes(label);
            message.WriteByte((byte)text.Length);
            message.Write(text);
        }

        Span<byte> end = stackalloc byte[5];
        end[0] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(end[1..], type);
        BinaryPrimitives.WriteUInt16BigEndian(end[3..], ClassInternet);
        message.Write(end);
        return message.ToArray();
    }

    /// <summary>Null when it is no answer to the question.</summary>
    internal static (int? Code, IReadOnlyList<IPAddress> Addresses)? Read(ReadOnlySpan<byte> answer, ReadOnlySpan<byte> question, ushort type)
    {
        // The same id, an answer, and the question again.
        if (answer.Length < question.Length || !answer[..2].SequenceEqual(question[..2]) || (answer[2] & 0x80) == 0) return null;
        if (!answer[HeaderLength..question.Length].SequenceEqual(question[HeaderLength..])) return null;
        var addresses = new List<IPAddress>();
        int count = Math.Min(BinaryPrimitives.ReadUInt16BigEndian(answer[6..]), (ushort)MostAnswers);
        var rest = answer[question.Length..];
        for (int i = 0; i < count && TrySkipName(ref rest) && rest.Length >= 10; i++)
        {
            ushort kind = BinaryPrimitives.ReadUInt16BigEndian(rest);
            int length = BinaryPrimitives.ReadUInt16BigEndian(rest[8..]);
            if (rest.Length < 10 + length) break;
            if (kind == type && length == (type == TypeA ? 4 : 16)) addresses.Add(new IPAddress(rest.Slice(10, length)));
            rest = rest[(10 + length)..];
        }

        return (answer[3] & 0x0F, addresses);
    }

    private static bool TrySkipName(ref ReadOnlySpan<byte> rest)
    {
        while (rest.Length > 0)
        {
            int length = rest[0];
            bool isPointer = length >= 0xC0;
            int size = isPointer ? 2 : length + 1;
            if (rest.Length < size) return false;
            rest = rest[size..];
            if (isPointer || length == 0) return true;
        }

        return false;
    }
}
