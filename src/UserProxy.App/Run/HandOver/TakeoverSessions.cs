using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using UserProxy.Scheduling;
using UserProxy.Udp;

namespace UserProxy.App.Run.HandOver;

/// <summary>
/// UDP sessions and the sockets that they need, as messages: <see cref="TakeoverWord.Upstream"/> and <see cref="TakeoverWord.Sessions"/>. Written by the
/// predecessor; gathered by the successor until it may go on with them.
/// </summary>
internal sealed class TakeoverSessions : IDisposable
{
    /// <summary>Each of 140 bytes.</summary>
    private const int SessionsInMessage = 400;

    private const string Kept = "Kept";

    private readonly List<(List<HandedUpstream> Upstream, List<HandedSession> Sessions)> _loops = [];

    /// <summary>What has come, by loop.</summary>
    public IReadOnlyList<HandedLoop> Loops => [.. _loops.Select(loop => new HandedLoop(loop.Upstream, loop.Sessions))];

    /// <summary>As many as the predecessor has, also those without sessions.</summary>
    public void Make(int loops)
    {
        while (_loops.Count < loops) _loops.Add(([], []));
    }

    /// <summary>Some of one loop's sockets, for a message of their own each.</summary>
    public static IEnumerable<(string Text, IReadOnlyList<SafeHandle> Sockets)> UpstreamOf(int loop, HandedLoop handed, int most) =>
        from some in handed.Upstream.Chunk(most)
        let lines = some.Select(
            each => string.Create(
                CultureInfo.InvariantCulture, $"{loop} {(each.Pool.Family == AddressFamily.InterNetwork ? 4 : 6)} {WordOf(each.Pool)} {each.Port}"))
        select (string.Join('\n', lines), (IReadOnlyList<SafeHandle>)[.. some.Select(each => each.Socket)]);

    /// <summary>Some of one loop's sessions, for a message of their own each.</summary>
    public static IEnumerable<byte[]> SessionsOf(int loop, HandedLoop handed)
    {
        foreach (var some in handed.Sessions.Chunk(SessionsInMessage))
        {
            using var bytes = new MemoryStream();
            using var writer = new BinaryWriter(bytes);
            writer.Write(loop);
            writer.Write(some.Length);
            foreach (var session in some) Write(writer, session);
            writer.Flush();
            yield return bytes.ToArray();
        }
    }

    public void ReadUpstream(string line, SafeHandle socket)
    {
        string[] words = line.Split(' ');
        if (words.Length != 4 || !int.TryParse(words[0], CultureInfo.InvariantCulture, out int loop) || loop < 0 || loop >= _loops.Count
            || (words[2] != Kept && !bool.TryParse(words[2], out _)) || !int.TryParse(words[3], CultureInfo.InvariantCulture, out int port))
        {
            socket.Dispose();
            return;
        }

        var family = words[1] == "4" ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
        var pool = new PoolKey(family, words[2] == bool.TrueString) { IsKept = words[2] == Kept };
        _loops[loop].Upstream.Add(new HandedUpstream(pool, port, socket));
    }

    /// <summary>A version that does not know the third closes the socket.</summary>
    private static string WordOf(PoolKey pool) => pool.IsKept ? Kept : pool.OfPods ? bool.TrueString : bool.FalseString;

    /// <exception cref="TakeoverException">It is no such message.</exception>
    public void ReadSessions(byte[] payload)
    {
        using var reader = new BinaryReader(new MemoryStream(payload));
        try
        {
            int loop = reader.ReadInt32();
            if (loop < 0 || loop >= _loops.Count) throw new TakeoverException("it has sessions of a loop that it has not");
            for (int left = reader.ReadInt32(); left > 0; left--) _loops[loop].Sessions.Add(Read(reader));
        }
        catch (EndOfStreamException)
        {
            throw new TakeoverException("its sessions are not understood");
        }
    }

    /// <summary>Closes what nobody has taken.</summary>
    public void Dispose()
    {
        foreach (var upstream in _loops.SelectMany(loop => loop.Upstream)) upstream.Socket.Dispose();
    }

    private static void Write(BinaryWriter writer, in HandedSession session)
    {
        Write(writer, session.Listener);
        writer.Write(session.Socket);
        Write(writer, session.Client);
        Write(writer, session.Local);
        Write(writer, session.Endpoint);
        writer.Write(session.OfPods);
        writer.Write(session.Port);
        writer.Write(session.Class);
        writer.Write(session.Age.Ticks);
        writer.Write(session.Idle.Ticks);
        writer.Write(session.DatagramsIn);
        writer.Write(session.DatagramsOut);
        writer.Write(session.BytesIn);
        writer.Write(session.BytesOut);
    }

    private static HandedSession Read(BinaryReader reader) => new(
        ReadAddress(reader), reader.ReadInt32(), ReadAddress(reader), ReadHost(reader), ReadAddress(reader), reader.ReadBoolean(), reader.ReadInt32(),
        reader.ReadByte(), new TimeSpan(reader.ReadInt64()), new TimeSpan(reader.ReadInt64()), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(),
        reader.ReadInt64());

    internal static void Write(BinaryWriter writer, in DatagramAddress address)
    {
        Write(writer, address.Address);
        writer.Write(address.Port);
        writer.Write(address.Scope);
    }

    internal static void Write(BinaryWriter writer, ClientAddress host)
    {
        writer.Write((ulong)(host.Value >> 64));
        writer.Write((ulong)host.Value);
    }

    internal static DatagramAddress ReadAddress(BinaryReader reader) => new(ReadHost(reader), reader.ReadUInt16(), reader.ReadUInt32());

    internal static ClientAddress ReadHost(BinaryReader reader)
    {
        ulong high = reader.ReadUInt64();
        return new ClientAddress(new UInt128(high, reader.ReadUInt64()));
    }
}
