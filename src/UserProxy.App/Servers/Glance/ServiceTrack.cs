using System.Net;
using UserProxy.Model;
using UserProxy.Reading;
using UserProxy.Serving;

namespace UserProxy.App.Servers.Glance;

/// <summary>
/// What is remembered of one Service port between two looks: of one that nobody uses its totals alone. Of one in use the windows of its rates, for as long as
/// something was counted in the last twenty looks. Made and moved on by the <see cref="Sampler"/>.
/// </summary>
internal sealed class ServiceTrack
{
    /// <summary>As long as the longest window: at the end of it nothing is in <see cref="_connects"/> that was not there at its beginning.</summary>
    private const int WindowsAreKept = 20;

    private Live? _live;

    /// <summary>Kept from the first use on: one connect in a minute is to be seen, too.</summary>
    private ConnectWindow? _connects;

    /// <summary>Likewise: a connection may end long after its last byte.</summary>
    private RecentEnds? _ends;

    private int _changedAt;

    public ServiceTrack(ServiceFigures figures) => Totals = TotalsOf(figures);

    public Totals Totals { get; private set; }

    public int Active { get; private set; }

    public Rates Rates { get; private set; }

    public double? ConnectP99 { get; private set; }

    /// <summary>Ten minutes of it; null while nobody uses it, and of Services beyond those that have one.</summary>
    public Past? Past { get; set; }

    /// <summary>The last look that it was in.</summary>
    public int Tick { get; private set; }

    /// <summary>As <see cref="EndpointTracks.RatesOf"/>; zero while nobody uses the Service port.</summary>
    public Rates? RatesOf(IPEndPoint endpoint) => _live is { } live ? live.Endpoints.RatesOf(endpoint) : default(Rates);

    /// <summary>How connections have ended in the last minutes, by reason; null before the first, and of UDP.</summary>
    public long[]? EndsOf(ServiceCounters counters) => _ends?.Read(counters);

    /// <summary>At each tick.</summary>
    public void Add(ServiceFigures figures, Ticks ticks, EndpointPlaces places)
    {
        Tick = ticks.Number;
        Active = figures.Active;
        var totals = TotalsOf(figures);
        if (totals != Totals)
        {
            _changedAt = ticks.Number;
            bool isNew = Totals == default;
            if (figures.Name.Protocol == TransportProtocol.Tcp)
            {
                _connects ??= new ConnectWindow(figures.Counters.ConnectDuration, isNew);
                _ends ??= new RecentEnds(isNew ? new long[Enum.GetValues<EndReason>().Length] : RecentEnds.Copy(figures.Counters), ticks.Number);
            }

            _live ??= new Live(new RateWindow(ticks, Totals), new EndpointTracks(ticks, places, isNew));
            Totals = totals;
        }

        _ends?.Add(figures.Counters, ticks.Number);
        if (_live is null) return;
        if (ticks.Number - _changedAt > WindowsAreKept)
        {
            Forget();
            return;
        }

        _live.Window.Add(totals);
        _connects?.Add(ticks.Number);
        _live.Endpoints.Add(figures);
        Rates = _live.Window.Rates;
        ConnectP99 = _connects?.P99();
    }

    /// <summary>Also when the Service port is gone.</summary>
    public void Forget()
    {
        _live?.Endpoints.Clear();
        _live = null;
        Rates = default;
        ConnectP99 = null;
    }

    private static Totals TotalsOf(ServiceFigures figures) =>
        new(figures.Counters.Accepted, figures.Counters.AllConnectFailures, figures.BytesIn, figures.BytesOut);

    private sealed record Live(RateWindow Window, EndpointTracks Endpoints);
}
