using System.Net;
using Microsoft.Extensions.Logging;
using UserProxy.Serving;

namespace UserProxy.App.Servers.Glance;

/// <summary>
/// Looks once a second at what the Proxier has counted, and keeps what a single look cannot tell: rates, and ten minutes of history. One in a process, made by
/// <see cref="Run.NodeServers"/>; asked by <see cref="LookReader"/> and by the admin socket. Its memory is bounded: 150 bytes for a Service port, 0.7 KB
/// more for one that was used, 1 KB more for one in use, <see cref="Past.Bytes"/> for each history, of which there are <see cref="MostPasts"/>, and 300 bytes
/// for each of <see cref="MostEndpoints"/> endpoints. The sums of the node are always kept.
/// </summary>
internal sealed class Sampler : IAsyncDisposable
{
    /// <summary>Service ports that may have a history: 2.5 MB.</summary>
    public const int MostPasts = 1024;

    /// <summary>Endpoints that may have rates: 1.2 MB.</summary>
    public const int MostEndpoints = 4096;

    /// <summary>Seconds of a point of a history.</summary>
    public const int Step = Ticks.Window;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <summary>Points that one must not have been used for, when another one needs its history.</summary>
    private const int Idle = 60 / Step;

    private readonly ProxyView _view;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly int _mostPasts;
    private readonly Ticks _ticks;
    private readonly EndpointPlaces _places;
    private readonly Dictionary<ServiceCounters, ServiceTrack> _tracks = new(ReferenceEqualityComparer.Instance);
    private readonly Past _past = new(newest: -1);
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Of all that is below, and of the tracks: a look takes milliseconds.</summary>
    private readonly Lock _lock = new();

    private RateWindow? _window;
    private Totals _left;
    private Sampled _sums;
    private int _active;
    private int _pasts;
    private Task _running = Task.CompletedTask;

    public Sampler(ProxyView view, TimeProvider time, ILogger log, int mostPasts = MostPasts, int mostEndpoints = MostEndpoints)
    {
        (_view, _time, _log, _mostPasts) = (view, time, log, mostPasts);
        _places = new EndpointPlaces(mostEndpoints);
        _ticks = new Ticks(time);
    }

    /// <summary>Of all Service ports, also of those that have left.</summary>
    public Sampled Sums
    {
        get
        {
            lock (_lock) return _sums;
        }
    }

    /// <summary>How often it has gone over all Service ports for histories that may be taken.</summary>
    internal int SearchesForIdle { get; private set; }

    /// <summary>Number of the newest point of all histories; -1 before the first.</summary>
    private int NewestPoint => ((_ticks.Number + 1) / Step) - 1;

    /// <summary>Looks from when <paramref name="begin"/> completes on: what a predecessor has counted comes at once, and is no rate.</summary>
    public void Start(Task begin) => _running = RunAsync(begin);

    /// <summary>Of one that was not there at the last look: zero.</summary>
    public Sampled Of(ServiceCounters service)
    {
        lock (_lock) return _tracks.TryGetValue(service, out var track) ? new Sampled(track.Totals, track.Rates, track.ConnectP99) : default;
    }

    /// <summary>Of an endpoint of a Service port; zero of one that nothing goes to, and null where it may be beyond those that have rates.</summary>
    public Rates? Of(ServiceCounters service, IPEndPoint endpoint)
    {
        lock (_lock) return _tracks.TryGetValue(service, out var track) ? track.RatesOf(endpoint) : default(Rates);
    }

    /// <summary>How its connections have ended in the last minutes, by <see cref="EndReason"/>; null of one that has had none since it was looked at.</summary>
    public long[]? EndsOf(ServiceCounters service)
    {
        lock (_lock) return _tracks.GetValueOrDefault(service)?.EndsOf(service);
    }

    /// <summary>Figures of the last ten minutes, the oldest first; null of a Service port that has no history.</summary>
    /// <param name="service">Null: of the node.</param>
    /// <param name="figures">Which.</param>
    public double[][]? History(ServiceCounters? service, params Func<Past.Point, double>[] figures)
    {
        lock (_lock)
        {
            var past = service is null ? _past : _tracks.GetValueOrDefault(service)?.Past;
            return past is null ? null : Array.ConvertAll(figures, figure => past.Read(NewestPoint, figure));
        }
    }

    /// <summary>One look. By its own loop, and by tests.</summary>
    internal void Look()
    {
        lock (_lock)
        {
            _ticks.Next();
            var totals = _left;
            int active = 0;
            List<ServiceTrack>? newcomers = null;
            foreach (var figures in _view.Figures())
            {
                if (!_tracks.TryGetValue(figures.Counters, out var track)) _tracks[figures.Counters] = track = new ServiceTrack(figures);
                track.Add(figures, _ticks, _places);
                totals += track.Totals;
                active += track.Active;
                if (track.Past is null && (track.Active > 0 || track.Rates != default)) (newcomers ??= []).Add(track);
            }

            totals += RemoveGone();
            _window ??= new RateWindow(_ticks, totals);
            _window.Add(totals);
            _active = active;
            _sums = new Sampled(totals, _window.Rates, ConnectP99: null);
            if (newcomers is not null) GivePasts(newcomers);
            if ((_ticks.Number + 1) % Step == 0) AddPoints();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task RunAsync(Task begin)
    {
        await begin.WaitAsync(_stop.Token);
        bool isSaid = false;
        while (true)
        {
            try
            {
                Look();
            }
            catch (Exception exception)
            {
                // A defect. Rates stand still then, and traffic goes on.
                if (!isSaid) _log.SamplerFailed(exception);
                isSaid = true;
            }

            await Task.Delay(Second, _time, _stop.Token);
        }
    }

    /// <summary>The sums of the node go on without those that are no longer there; returns what these had counted.</summary>
    private Totals RemoveGone()
    {
        var gone = default(Totals);
        // Removing does not disturb the enumeration of a Dictionary.
        foreach (var (counters, track) in _tracks)
        {
            if (track.Tick == _ticks.Number) continue;
            track.Forget();
            gone += track.Totals;
            if (track.Past is not null) _pasts--;
            _tracks.Remove(counters);
        }

        _left += gone;
        return gone;
    }

    /// <summary>Where all are given away, the one that was idle for longest gives way, if that was a minute.</summary>
    private void GivePasts(List<ServiceTrack> newcomers)
    {
        Queue<ServiceTrack>? idle = null;
        foreach (var newcomer in newcomers)
        {
            if (_pasts >= _mostPasts)
            {
                idle ??= FindIdle();
                if (!idle.TryDequeue(out var idlest)) return;
                idlest.Past = null;
                _pasts--;
            }

            newcomer.Past = new Past(NewestPoint);
            _pasts++;
        }
    }

    /// <summary>Whose histories may be taken, the idlest first. Goes over all, so once for all newcomers of a look.</summary>
    private Queue<ServiceTrack> FindIdle()
    {
        SearchesForIdle++;
        return new(_tracks.Values.Where(track => track.Past is { } past && NewestPoint - past.LastUsed >= Idle).OrderBy(track => track.Past!.LastUsed));
    }

    private void AddPoints()
    {
        _past.Add(NewestPoint, _active, _sums.Rates);
        foreach (var track in _tracks.Values)
        {
            if (track.Past is not { } past) continue;
            past.Add(NewestPoint, track.Active, track.Rates);
            if (NewestPoint - past.LastUsed < Past.Points) continue;
            // Nothing is to be drawn.
            track.Past = null;
            _pasts--;
        }
    }
}

/// <summary>What the <see cref="Sampler"/> knows of one Service port at its last look.</summary>
/// <param name="Totals">So far.</param>
/// <param name="Rates">Means over the last five seconds.</param>
/// <param name="ConnectP99">Seconds that 99 of 100 connects took at most, of the last 10 to 20 seconds; null without one, and for UDP.</param>
internal readonly record struct Sampled(Totals Totals, Rates Rates, double? ConnectP99);
