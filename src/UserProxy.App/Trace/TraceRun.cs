using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.App.CommandLine;
using UserProxy.App.Run;
using UserProxy.App.Servers.Admin.Messages;

namespace UserProxy.App.Trace;

/// <summary>
/// One run of <c>trace</c>: prints what the proxy tells until enough has been seen, the time is up, or a signal comes; then says how much it was. Used by
/// <see cref="TraceCommand"/>.
/// </summary>
/// <param name="target">What to follow.</param>
/// <param name="filter">The Service of it; null without one.</param>
/// <param name="count">How many; null for any number.</param>
/// <param name="limit">For how long; null for as long as nobody stops it.</param>
/// <param name="json">As it comes, else for people.</param>
/// <param name="withFilters">Prints capture filters, too.</param>
/// <param name="surroundings">Where to.</param>
internal sealed class TraceRun(
    TraceTarget target, ServiceFilter? filter, int? count, TimeSpan? limit, bool json, bool withFilters, Surroundings surroundings)
{
    /// <summary>Whether anybody reads what is printed, also while nothing comes.</summary>
    private static readonly TimeSpan LooksEvery = TimeSpan.FromSeconds(1);

    /// <summary>Nothing is kept in it once records were lost, among which there may be ends.</summary>
    private readonly HashSet<long> _open = [];
    private ServiceRef? _service;
    private int _seen;
    private long _lost;
    private long _skipped;

    public async Task<int> RunAsync(AdminClient client, CancellationToken cancellation)
    {
        using var signals = StopSignals.Listen(NullLogger.Instance, TimeSpan.Zero, surroundings.Time, cancellation, hangupStops: true, onlyPrints: true);
        using var timeUp = new CancellationTokenSource(Timeout.InfiniteTimeSpan, surroundings.Time);
        using var unread = new CancellationTokenSource();
        await using var looks = surroundings.Time.CreateTimer(_ => LookForReader(unread), null, LooksEvery, LooksEvery);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(signals.Stop, timeUp.Token, unread.Token);
        var text = new TraceText(surroundings.Out, Screen.Of(surroundings), withFilters);
        long began = surroundings.Time.GetTimestamp();
        bool isWhole = false;
        try
        {
            if (filter is not null) _service = await NamedService.FindAsync(client, target.Service!, filter, end.Token);
            isWhole = await client.StreamAsync(Query(), record => Take(client, record, text, timeUp), end.Token);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // In the middle of a wait.
        }

        if (unread.IsCancellationRequested) return ExitCode.Done;
        await surroundings.Out.FlushAsync(CancellationToken.None);
        await surroundings.ComplainAsync(Summary(surroundings.Time.GetElapsedTime(began)));
        // The proxy knows how many have ended; records of some of them may be lost.
        bool isAsked = end.IsCancellationRequested || (count is not null && isWhole);
        if (!isAsked) throw new AdminException("the proxy has ended the trace: it stops, or was replaced; trace again", ExitCode.Unreachable);
        if (_seen > 0 || _lost > 0 || !timeUp.IsCancellationRequested) return ExitCode.Done;
        await surroundings.ComplainAsync(WhatNext());
        return ExitCode.Failed;
    }

    private void LookForReader(CancellationTokenSource unread)
    {
        if (surroundings.OutIsGone()) unread.Cancel();
    }

    private string Query()
    {
        string service = Uri.EscapeDataString($"{_service}"), from = Uri.EscapeDataString(target.Client ?? "");
        return string.Create(CultureInfo.InvariantCulture, $"/v1/trace?service={service}&client={from}&clientPort={target.ClientPort}&count={count}");
    }

    private void Take(AdminClient client, JsonDocument line, TraceText text, CancellationTokenSource timeUp)
    {
        var record = client.Read(line, AdminJson.Default.TraceRecord);
        switch (record.Event)
        {
            case TraceRecord.Started:
                // Its time runs from here on: nothing was followed before.
                if (limit is { } time) timeUp.CancelAfter(time);
                string what = _service is null ? $"{target}" : $"{_service}";
                surroundings.Error.WriteLine(PrintedLine.Of($"following new connections to {record.Node}, {what}{(limit is null ? "; Ctrl-C ends it" : "")}"));
                break;
            case TraceRecord.Lost:
                _lost += record.Count ?? 0;
                _open.Clear();
                break;
            case TraceRecord.Skipped:
                _skipped += record.Count ?? 0;
                break;
            case TraceRecord.Ended:
                _open.Remove(record.Connection!.Id);
                break;
            default:
                if (record.Event == TraceRecord.Arrival) _seen++;
                if (_lost == 0) _open.Add(record.Connection!.Id);
                break;
        }

        if (json) surroundings.Out.WriteLine(line.RootElement.GetRawText());
        else text.Write(record);
        surroundings.Out.Flush();
    }

    private string Summary(TimeSpan ran)
    {
        string open = _open.Count > 0 ? $", {Shown.Number(_open.Count)} of them still open" : "";
        string lost = _lost > 0 ? $"; {Shown.Number(_lost)} records were lost: they came faster than they were read" : "";
        string skipped = _skipped > 0 ? $"; {Shown.Number(_skipped)} more were not followed: name a Service or a client to see fewer" : "";
        return $"{Shown.Number(_seen)} {(_seen == 1 ? "connection" : "connections")}{open} in {Shown.Time(ran.TotalSeconds)}{lost}{skipped}";
    }

    private string WhatNext()
    {
        string what = _service is { } service
            ? $"no new connection came to {service}. Does it come here at all? userproxy verify {service} --from-node goes there itself; "
                + "connections that are there already: userproxy connections"
            : target.Client is { } client
            ? $"no new connection of {target} came. It may go to another node, or come under another address (NAT): userproxy trace without a client shows "
                + $"all; connections that are there already: userproxy connections --client {client}"
            : "no new connection came to this node. Who has the port? userproxy inspect PORT; what is served: userproxy list";
        return PrintedLine.Of(what);
    }
}
