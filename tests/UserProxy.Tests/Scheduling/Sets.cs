using System.Net;
using System.Net.Sockets;
using UserProxy.Model;
using UserProxy.Scheduling;

namespace UserProxy.Tests.Scheduling;

/// <summary>Endpoint sets and clients for the tests of scheduling. Endpoint i is a Pod with the address 10.0.x.y:8080 that numbers it.</summary>
internal static class Sets
{
    /// <summary>Every kind, for theories.</summary>
    public static TheoryData<SchedulerKind> Kinds => [.. Enum.GetValues<SchedulerKind>()];

    public static EndpointSet Of(
        SchedulerKind kind, IEnumerable<Endpoint> endpoints, ulong start = 0, TimeProvider? time = null) =>
        Next(Port(kind, endpoints), before: null, new SchedulerCursor(start), time ?? new FakeTimeProvider());

    public static EndpointSet Of(SchedulerKind kind, int count, ulong start = 0, TimeProvider? time = null) =>
        Of(kind, Equal(count), start, time);

    /// <summary>The set of the Cluster policy that a swap puts in the place of <paramref name="before"/>.</summary>
    public static EndpointSet Next(ServicePort port, EndpointSet? before, SchedulerCursor cursor, TimeProvider time) =>
        new(port.ClusterEndpoints, port.Settings.Scheduler, new EndpointRoster(port, before?.Roster), cursor, time);

    public static ServicePort Port(SchedulerKind kind, IEnumerable<Endpoint> endpoints)
    {
        Endpoint[] all = [.. endpoints];
        return new()
        {
            Name = new("shop", "web", "http", TransportProtocol.Tcp),
            Family = AddressFamily.InterNetwork,
            Settings = new() { Scheduler = kind },
            Endpoints = new(all),
            ClusterEndpoints = new(all),
            HasEndpoints = all.Length > 0,
        };
    }

    public static Endpoint Endpoint(int number, int weight = 1) =>
        new(new IPAddress([10, 0, (byte)(number >> 8), (byte)number]), 8080) { Weight = weight, Pod = 1 + (ulong)number };

    public static Endpoint[] Equal(int count) => [.. Enumerable.Range(0, count).Select(number => Endpoint(number))];

    public static Endpoint[] Weighted(params int[] weights) => [.. weights.Select((weight, number) => Endpoint(number, weight))];

    public static ClientKey Client(int number) => ClientKey.From(new IPAddress([192, 168, (byte)(number >> 8), (byte)number]));

    /// <summary>Clients at random IPv4 addresses, the same ones in every run.</summary>
    public static ClientKey[] RandomClients(int count)
    {
        var random = new Random(42);
        var clients = new ClientKey[count];
        for (int i = 0; i < count; i++) clients[i] = ClientKey.From(new IPAddress(random.NextInt64(1L << 32)));
        return clients;
    }

    /// <summary>A whole connection that ends at once.</summary>
    public static EndpointState Connect(this EndpointSet set, ClientKey client = default)
    {
        var state = set.Pick(client).ShouldNotBeNull();
        state.DialSucceeded(0);
        state.Closed(0, 0);
        return state;
    }

    /// <summary>Gives endpoint <paramref name="index"/> as many active connections as are wanted.</summary>
    public static void Load(this EndpointSet set, int index, int active)
    {
        for (int i = 0; i < active; i++) set.States[index].Picked();
    }

    /// <summary>Puts endpoint <paramref name="index"/> aside, by failed dials as a connection would see them.</summary>
    public static void Eject(this EndpointSet set, int index)
    {
        for (int i = 0; i < Ejection.FailuresInARow; i++) set.FailDial(index);
        set.IsEjected(set.States[index]).ShouldBeTrue();
    }

    public static void FailDial(this EndpointSet set, int index)
    {
        set.States[index].Picked();
        set.DialFailed(set.States[index]);
    }
}
