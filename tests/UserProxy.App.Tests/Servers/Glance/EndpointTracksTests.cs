using System.Net;
using System.Net.Sockets;
using UserProxy.App.Servers.Glance;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Reading;
using UserProxy.Scheduling;
using UserProxy.Tcp;
using UserProxy.Tests;

namespace UserProxy.App.Tests.Servers.Glance;

/// <summary>Rates of endpoints where there is no place for all.</summary>
public sealed class EndpointTracksTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly Ticks _ticks;
    private readonly TcpPortState _service;

    public EndpointTracksTests()
    {
        _ticks = new Ticks(_time);
        _ticks.Next();
        Endpoint[] endpoints = [.. Enumerable.Range(1, 3).Select(number => new Endpoint(IPAddress.Parse($"10.244.0.{number}"), 8080))];
        var port = new ServicePort
        {
            Name = new("shop", "web", "http", TransportProtocol.Tcp),
            Family = AddressFamily.InterNetwork,
            Endpoints = [.. endpoints],
            ClusterEndpoints = [.. endpoints],
            HasEndpoints = true,
        };
        var cursor = new SchedulerCursor(0);
        _service = new TcpPortState(port.Name, cursor);
        _service.Publish(new ServiceSnapshot(port, previous: null, new OwnAddresses(() => []), cursor, _time));
    }

    [Fact]
    public void PlacesForAll_BusyOnesHaveTheirRate_AndTheRestZero()
    {
        var tracks = new EndpointTracks(_ticks, new EndpointPlaces(3), isNew: true);
        Use(0, 2);
        Look(tracks);

        (Rate(tracks, 0), Rate(tracks, 1), Rate(tracks, 2)).ShouldBe((2, 0, 0));
    }

    [Fact]
    public void NoPlaceForOne_ItHasNone_UntilThereIsAPlace()
    {
        var places = new EndpointPlaces(2);
        var tracks = new EndpointTracks(_ticks, places, isNew: true);
        foreach (int index in (int[])[0, 1, 2]) Use(index, 2);
        Look(tracks);
        (Rate(tracks, 0), Rate(tracks, 1), Rate(tracks, 2)).ShouldBe((2, 2, null));

        places.Return(1);
        Look(tracks);
        Rate(tracks, 2).ShouldBe(0, "what it had counted before is no rate");
        Use(2, 4);
        Look(tracks);
        Rate(tracks, 2).ShouldNotBeNull().ShouldBeGreaterThan(0);
    }

    private static double? Rate(EndpointTracks tracks, int index) =>
        tracks.RatesOf(new IPEndPoint(IPAddress.Parse($"10.244.0.{index + 1}"), 8080))?.Connections;

    private void Look(EndpointTracks tracks)
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        _ticks.Next();
        tracks.Add(new ServiceFigures(_service));
    }

    private void Use(int index, int times)
    {
        var state = _service.Snapshot!.Cluster.States[index];
        for (int i = 0; i < times; i++)
        {
            state.Picked();
            state.DialSucceeded(0);
            state.Closed(0, 0);
        }
    }
}
