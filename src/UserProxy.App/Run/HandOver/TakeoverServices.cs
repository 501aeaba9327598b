using System.Net;
using System.Net.Sockets;
using UserProxy.Model;
using UserProxy.Scheduling;
using UserProxy.Syncing;
using UserProxy.Udp;

namespace UserProxy.App.Run.HandOver;

/// <summary>What service ports remember, as messages: <see cref="TakeoverWord.Services"/> and <see cref="TakeoverWord.Figures"/>.</summary>
internal static class TakeoverServices
{
    /// <summary>A service port with more is told in several parts: 64 KiB are a message.</summary>
    private const int EndpointsInPart = 200, PinsInPart = 400;

    /// <summary>Bytes after which a message is sent; a part is shorter than what is left.</summary>
    private const int Enough = 24 * 1024;

    public static IEnumerable<byte[]> MessagesOf(IEnumerable<HandedService> services)
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        foreach (var part in services.SelectMany(PartsOf))
        {
            Write(writer, part);
            writer.Flush();
            if (bytes.Length < Enough) continue;
            yield return bytes.ToArray();
            bytes.SetLength(0);
        }

        if (bytes.Length > 0) yield return bytes.ToArray();
    }

    /// <exception cref="TakeoverException">It is no such message.</exception>
    public static IReadOnlyList<HandedService> Read(byte[] payload)
    {
        var parts = new List<HandedService>();
        using var bytes = new MemoryStream(payload);
        using var reader = new BinaryReader(bytes);
        try
        {
            while (bytes.Position < bytes.Length) parts.Add(ReadPart(reader));
            return parts;
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException or ArgumentException or OverflowException)
        {
            throw new TakeoverException("what its Services remember is not understood");
        }
    }

    private static IEnumerable<HandedService> PartsOf(HandedService service)
    {
        yield return service with { Endpoints = [], Pins = [] };
        foreach (var some in service.Endpoints.Chunk(EndpointsInPart)) yield return service with { Endpoints = some, Pins = [], Figures = [] };
        foreach (var some in service.Pins.Chunk(PinsInPart)) yield return service with { Endpoints = [], Pins = some, Figures = [] };
    }

    private static void Write(BinaryWriter writer, HandedService part)
    {
        writer.Write(part.Name.Namespace);
        writer.Write(part.Name.Name);
        writer.Write(part.Name.Port);
        writer.Write((int)part.Name.Protocol);
        writer.Write(part.Family == AddressFamily.InterNetwork);
        writer.Write(part.Turn);
        writer.Write(part.Endpoints.Count);
        foreach (var endpoint in part.Endpoints)
        {
            TakeoverSessions.Write(writer, DatagramAddress.From(endpoint.Address));
            writer.Write(endpoint.FailuresInARow);
            writer.Write(endpoint.Ejections);
            writer.Write(endpoint.AsideFor.Ticks);
            writer.Write((int)endpoint.LastDial);
            writer.Write(endpoint.FailingFor.Ticks);
            Write(writer, endpoint.Figures ?? []);
        }

        writer.Write(part.Pins.Count);
        foreach (var pin in part.Pins)
        {
            TakeoverSessions.Write(writer, pin.Client);
            TakeoverSessions.Write(writer, DatagramAddress.From(pin.Endpoint));
            writer.Write(pin.Idle.Ticks);
        }

        writer.Write(part.Figures.Count);
        foreach (long[] figures in part.Figures) Write(writer, figures);
    }

    private static HandedService ReadPart(BinaryReader reader)
    {
        var name = new ServicePortName(reader.ReadString(), reader.ReadString(), reader.ReadString(), (TransportProtocol)reader.ReadInt32());
        var family = reader.ReadBoolean() ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
        var part = new HandedService(name, family, reader.ReadUInt64());
        var endpoints = new List<HandedEndpoint>();
        for (int left = reader.ReadInt32(); left > 0; left--)
        {
            endpoints.Add(
                new HandedEndpoint(
                    ReadEndPoint(reader), reader.ReadInt32(), reader.ReadInt32(), new TimeSpan(reader.ReadInt64()), (LastDial)reader.ReadInt32(),
                    new TimeSpan(reader.ReadInt64()), ReadFigures(reader) is { Length: > 0 } figures ? figures : null));
        }

        var pins = new List<HandedPin>();
        for (int left = reader.ReadInt32(); left > 0; left--)
            pins.Add(new HandedPin(TakeoverSessions.ReadHost(reader), ReadEndPoint(reader), new TimeSpan(reader.ReadInt64())));
        var all = new List<long[]>();
        for (int left = reader.ReadInt32(); left > 0; left--) all.Add(ReadFigures(reader));
        return part with { Endpoints = endpoints, Pins = pins, Figures = all };
    }

    private static IPEndPoint ReadEndPoint(BinaryReader reader) => TakeoverSessions.ReadAddress(reader).ToEndPoint();

    private static void Write(BinaryWriter writer, long[] figures)
    {
        writer.Write((ushort)figures.Length);
        foreach (long figure in figures) writer.Write(figure);
    }

    private static long[] ReadFigures(BinaryReader reader)
    {
        long[] figures = new long[reader.ReadUInt16()];
        for (int i = 0; i < figures.Length; i++) figures[i] = reader.ReadInt64();
        return figures;
    }
}
