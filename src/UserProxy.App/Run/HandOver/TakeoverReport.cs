using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Model;

namespace UserProxy.App.Run.HandOver;

/// <summary>
/// What a person is told of a takeover, in the log and in <c>/v1/status</c>: how this process differs from the one that it takes over from, in its source, its
/// Services and its settings. Of a <see cref="Predecessor"/>.
/// </summary>
/// <param name="holder">The predecessor.</param>
/// <param name="before">Its settings.</param>
/// <param name="log">Told.</param>
/// <param name="time">Says when.</param>
internal sealed class TakeoverReport(string holder, IReadOnlyList<string> before, ILogger log, TimeProvider time)
{
    /// <summary>Services, or addresses, in a line of the log.</summary>
    private const int MostNamed = 5;

    private readonly HashSet<string> _served = [];
    private List<string> _undeclared = [];
    private string? _waitsFor;

    /// <summary>This process's own, as <see cref="TakeoverSettings.LinesOf"/> has them.</summary>
    public IReadOnlyList<string> Settings { get; set; } = [];

    /// <summary>What this process serves from.</summary>
    public string Source => TakeoverSettings.SourceOf(Settings);

    /// <summary>From whom this process has taken over; null until it has.</summary>
    public TookOverItem? TookOver { get; private set; }

    private string SourceBefore => TakeoverSettings.SourceOf(before);

    private bool IsOtherSource => SourceBefore != Source && SourceBefore != TakeoverSettings.Unknown;

    /// <summary>The predecessor serves it.</summary>
    public void AddServed(ServicePortName service) => _served.Add($"{service.Namespace}/{service.Name}");

    /// <summary>Said once for each problem.</summary>
    public void LogWaiting(string problem)
    {
        if (_waitsFor != problem) log.WaitingForManifests(problem);
        _waitsFor = problem;
    }

    /// <summary>Who tries another file beside the run of a node ends what only that one serves.</summary>
    public void LogUndeclared(ServiceTable table)
    {
        var declared = table.Ports.Select(port => $"{port.Name.Namespace}/{port.Name.Name}").ToHashSet();
        _undeclared = [.. _served.Where(service => !declared.Contains(service)).Order(StringComparer.Ordinal)];
        if (_undeclared.Count > 0) log.ServicesNotDeclared(_undeclared.Count, NamesOf(_undeclared));
    }

    /// <summary>Before anything is taken: whoever tries another file beside the run of a node can still end this one.</summary>
    public void LogSource()
    {
        if (IsOtherSource) log.SourceDiffers(Source, SourceBefore);
    }

    /// <summary>Who starts a process beside another may not know how that one was started.</summary>
    /// <param name="left">What the predecessor listened on, and this process does not.</param>
    public void LogDifferences(IEnumerable<(TransportProtocol Protocol, IPEndPoint At)> left)
    {
        var differing = TakeoverSettings.Differing(before, Settings);
        if (differing.Count == 0) return;
        List<string> places = [.. left.Select(place => $"{place.At} ({place.Protocol.Name()})").Order(StringComparer.Ordinal)];
        string sockets = places.Count == 0 ? "it listens where that one did"
            : $"what that one listened on otherwise is closed: {NamesOf(places)}";
        log.SettingsDiffer(string.Join(", ", differing), sockets);
    }

    /// <summary>This process alone serves.</summary>
    public void LogTakenOver()
    {
        TookOver = new TookOverItem(holder, IsOtherSource ? SourceBefore : null, time.GetUtcNow(), _undeclared.Count, [.. _undeclared.Take(MostNamed)]);
        log.TookOver(Source, holder, SourceBefore, _undeclared.Count == 0 ? "none" : NamesOf(_undeclared));
    }

    private static string NamesOf(List<string> names) =>
        string.Join(", ", names.Take(MostNamed))
        + (names.Count > MostNamed ? string.Create(CultureInfo.InvariantCulture, $" and {names.Count - MostNamed} more") : "");
}
