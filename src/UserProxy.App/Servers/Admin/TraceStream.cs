using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.App.Servers.Http;
using UserProxy.Model;
using UserProxy.Tracing;

namespace UserProxy.App.Servers.Admin;

/// <summary>
/// The answer of <c>/v1/trace</c>: a line of JSON for each event, as long as it is read. It looks for events a few times a second, so that nobody who tells of
/// one has to wake it. Whoever reads slowly keeps it waiting here, and loses what does not fit into the reader's queue meanwhile.
/// </summary>
internal sealed class TraceStream(AdminFacts facts, TraceReader reader)
{
    /// <summary>Lines in a row before it is asked whether they are taken.</summary>
    private const int Batch = 256;

    /// <summary>
    /// New connections that are followed in a second: some 35 µs of processor time each. Who wants one of many names it, and nobody reads more.
    /// </summary>
    private const int MostPerSecond = 500;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>An empty line: a reader that has left is found by writing to it alone, and a client sees that the proxy lives.</summary>
    private static readonly TimeSpan SignOfLife = TimeSpan.FromSeconds(1);

    /// <summary>While batches are full: whoever stops reading at any moment has been told of what was lost until a second before.</summary>
    private static readonly TimeSpan LossIsToldEvery = TimeSpan.FromSeconds(1);

    /// <summary>Connections that were not followed have been told until then.</summary>
    private long _skippedToldAt = facts.Time.GetTimestamp();

    /// <summary>Losses have been told until then.</summary>
    private long _toldAt = facts.Time.GetTimestamp();

    /// <summary>Null when they are not understood; empty ones are not asked for.</summary>
    public static TraceFilter? ReadFilter(string? client, string? clientPort, string? count, ServiceRef? service)
    {
        CidrBlock? clients = null;
        if (!string.IsNullOrEmpty(client))
        {
            if (AddressText.TryParse(client, out var address)) clients = new CidrBlock(address, address.GetAddressBytes().Length * 8);
            else if (CidrBlock.TryParse(client, out var block)) clients = block;
            else return null;
        }

        if (!TryReadNumber(clientPort, out long? port) || !TryReadNumber(count, out long? most) || port > ushort.MaxValue) return null;
        return new TraceFilter
        {
            Service = service is null ? null : service.Fits,
            Clients = clients,
            ClientPort = (int?)port,
            Count = most,
            MostPerSecond = MostPerSecond,
        };
    }

    public async Task WriteAsync(HttpContext context)
    {
        context.Response.ContentType = "application/x-ndjson";
        var stop = context.RequestAborted;
        var client = context.Features.Get<HttpPortClient>();
        client?.GoOn();
        // Before that Kestrel's writer has no room for more than headers.
        await context.Response.StartAsync(stop);
        var output = context.Response.BodyWriter;
        await using var json = new Utf8JsonWriter(output);
        Write(output, json, new TraceRecord { ApiVersion = ApiVersion.V1, Event = TraceRecord.Started, Time = facts.Time.GetUtcNow(), Node = facts.Node });
        while (true)
        {
            var taken = await output.FlushAsync(stop);
            if (taken.IsCompleted || taken.IsCanceled) return;
            client?.GoOn();
            long spokeAt = facts.Time.GetTimestamp();
            while (!TryWriteNext(output, json))
            {
                if (reader.IsComplete)
                {
                    TryWriteSkipped(output, json);
                    await context.Response.CompleteAsync();
                    return;
                }

                if (facts.Time.GetElapsedTime(spokeAt) >= SignOfLife)
                {
                    output.Write("\n"u8);
                    break;
                }

                await Task.Delay(Pause, facts.Time, stop);
            }
        }
    }

    private bool TryWriteSkipped(IBufferWriter<byte> output, Utf8JsonWriter json)
    {
        if (reader.TakeSkipped() is not (> 0 and var skipped)) return false;
        _skippedToldAt = facts.Time.GetTimestamp();
        Write(output, json, new TraceRecord { ApiVersion = ApiVersion.V1, Event = TraceRecord.Skipped, Time = facts.Time.GetUtcNow(), Count = skipped });
        return true;
    }

    private bool TryWriteNext(IBufferWriter<byte> output, Utf8JsonWriter json)
    {
        // Once a second: it goes on for as long as connections come that fast.
        bool wrote = facts.Time.GetElapsedTime(_skippedToldAt) >= LossIsToldEvery && TryWriteSkipped(output, json);
        var events = reader.Take(Batch);
        foreach (var next in events) Write(output, json, TraceMessage.Of(next));
        // What is lost was told of later than all that waits: its place is behind them, if it is ever reached.
        if (events.Count == Batch && facts.Time.GetElapsedTime(_toldAt) < LossIsToldEvery) return true;
        _toldAt = facts.Time.GetTimestamp();
        if (reader.TakeLost() is not (> 0 and var lost)) return wrote || events.Count > 0;
        Write(output, json, new TraceRecord { ApiVersion = ApiVersion.V1, Event = TraceRecord.Lost, Time = facts.Time.GetUtcNow(), Count = lost });
        return true;
    }

    /// <summary>Without a copy: events may come by tens of thousands a second.</summary>
    private static void Write(IBufferWriter<byte> output, Utf8JsonWriter json, TraceRecord record)
    {
        json.Reset();
        JsonSerializer.Serialize(json, record, AdminJson.Default.TraceRecord);
        json.Flush();
        output.Write("\n"u8);
    }

    private static bool TryReadNumber(string? text, out long? number)
    {
        number = null;
        if (string.IsNullOrEmpty(text)) return true;
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long parsed) || parsed == 0) return false;
        number = parsed;
        return true;
    }
}
