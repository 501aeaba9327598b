using System.Net;
using UserProxy.Reading;

namespace UserProxy.App.Servers.Glance;

/// <summary>The rates of one Service port's endpoints, while it is in use. Of <see cref="ServiceTrack"/>.</summary>
/// <param name="ticks">When the looks were.</param>
/// <param name="places">Bounds those of all Service ports together.</param>
/// <param name="isNew">All that they have was counted since the last look.</param>
internal sealed class EndpointTracks(Ticks ticks, EndpointPlaces places, bool isNew)
{
    private readonly Dictionary<IPEndPoint, Track> _tracks = [];

    /// <summary>What is not known had counted nothing at the last look.</summary>
    private bool _knowsAll = isNew;

    /// <summary>Zero of one that nothing goes to; null of one that is not known while there is no place for some.</summary>
    public Rates? RatesOf(IPEndPoint endpoint) =>
        _tracks.TryGetValue(endpoint, out var track) ? track.Window.Rates : _knowsAll ? default(Rates) : null;

    /// <summary>At each tick.</summary>
    public void Add(ServiceFigures figures)
    {
        if (_tracks.Count == 0 && places.Free == 0)
        {
            _knowsAll = false;
            return;
        }

        bool isRefused = false;
        foreach (var reading in figures.ReadEndpoints())
        {
            var totals = new Totals(reading.TotalConnections, reading.FailedConnects, reading.BytesIn, reading.BytesOut);
            if (totals == default) continue;
            if (!_tracks.TryGetValue(reading.Endpoint.EndPoint, out var track))
            {
                if (!places.TryTake())
                {
                    isRefused = true;
                    continue;
                }

                _tracks[reading.Endpoint.EndPoint] = track = new Track(new RateWindow(ticks, _knowsAll ? default : totals));
            }

            track.Tick = ticks.Number;
            track.Window.Add(totals);
        }

        _knowsAll = !isRefused;
        // Removing does not disturb the enumeration of a Dictionary.
        foreach (var (endpoint, track) in _tracks)
        {
            if (track.Tick != ticks.Number && _tracks.Remove(endpoint)) places.Return(1);
        }
    }

    public void Clear()
    {
        places.Return(_tracks.Count);
        _tracks.Clear();
    }

    private sealed class Track(RateWindow window)
    {
        public RateWindow Window => window;

        public int Tick { get; set; }
    }
}

/// <summary>How many endpoints may have rates. One thread.</summary>
internal sealed class EndpointPlaces(int most)
{
    public int Free { get; private set; } = most;

    public bool TryTake()
    {
        if (Free == 0) return false;
        Free--;
        return true;
    }

    public void Return(int count) => Free += count;
}
