using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.UdpLoad;

namespace UserProxy.Scenarios.Running;

/// <summary>
/// DNS answers of a path: those of the load's own names, and, byte for byte as the Pod gives them, a cut one, one near the MTU, one in fragments.
/// </summary>
internal static class DnsCheck
{
    private const int Asked = 12, Tries = 3, TypeTxt = 16;

    private static readonly IPEndPoint Pod = new(TestBed.PodAddresses[0], DnsBackends.Port);

    public static Task<string?> FindWrongAsync(TestBed bed, IPEndPoint address, CancellationToken stop) =>
        InNamespace.RunAsync(bed.Client, () => FindWrong(address)).WaitAsync(stop);

    private static string? FindWrong(IPEndPoint address)
    {
        var questions = new Questions(DnsBackends.Zone);
        for (int name = 1; name <= Asked; name++)
        {
            byte[]? answer = Ask(address, questions.Ask(name, (ushort)name).ToArray());
            if (answer is null) return $"no answer for h{name}";
            if (Questions.IdOf(answer) != name || !questions.IsAnswer(name, answer)) return $"a wrong answer for h{name}";
        }

        foreach (var (name, payload) in new[] { ("medium", 0), ("large", 4096), ("big", 4096) })
        {
            byte[] question = Question(name, payload);
            byte[]? expected = Ask(Pod, question), answer = Ask(address, question);
            if (expected is null) return $"the Pod itself does not answer for {name}";
            if (answer is null || !answer.AsSpan().SequenceEqual(expected)) return $"the answer for {name} is not the Pod's";
        }

        return null;
    }

    /// <summary>From a port of its own, and again when a datagram is lost.</summary>
    private static byte[]? Ask(IPEndPoint address, byte[] question)
    {
        var buffer = new byte[8192];
        for (int attempt = 0; attempt < Tries; attempt++)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 1000 };
            try
            {
                socket.Connect(address);
                socket.Send(question);
                return buffer[..socket.Receive(buffer)];
            }
            catch (SocketException)
            {
                // Lost, or refused while the path still starts.
            }
        }

        return null;
    }

    /// <param name="name">In the zone.</param>
    /// <param name="payload">The size that EDNS offers; 0 for no EDNS.</param>
    private static byte[] Question(string name, int payload)
    {
        using var bytes = new MemoryStream();
        bytes.Write([0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, (byte)(payload > 0 ? 1 : 0)]);
        foreach (string label in $"{name}.{DnsBackends.Zone}".Split('.'))
        {
            bytes.WriteByte((byte)label.Length);
            bytes.Write(Encoding.ASCII.GetBytes(label));
        }

        bytes.Write([0, 0, TypeTxt, 0, 1]);
        if (payload > 0)
        {
            Span<byte> opt = stackalloc byte[11];
            opt[2] = 41;
            BinaryPrimitives.WriteUInt16BigEndian(opt[3..], (ushort)payload);
            bytes.Write(opt);
        }

        return bytes.ToArray();
    }
}
