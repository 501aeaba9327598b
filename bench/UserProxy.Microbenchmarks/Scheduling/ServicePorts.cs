using System.Net;
using System.Net.Sockets;
using UserProxy.Model;

namespace UserProxy.Microbenchmarks.Scheduling;

/// <summary>The service ports that the benchmarks of scheduling run on: weights 1 to 10, addresses from 10.0.0.0 on, a Pod each.</summary>
internal static class ServicePorts
{
    public static ServicePort Of(SchedulerKind kind, int endpoints)
    {
        Endpoint[] all = [.. Enumerable.Range(0, endpoints).Select(Endpoint)];
        return new()
        {
            Name = new("bench", "web", "http", TransportProtocol.Tcp),
            Family = AddressFamily.InterNetwork,
            Settings = new() { Scheduler = kind },
            Endpoints = new(all),
            ClusterEndpoints = new(all),
            HasEndpoints = all.Length > 0,
        };
    }

    private static Endpoint Endpoint(int number) =>
        new(new IPAddress([10, 0, (byte)(number >> 8), (byte)number]), 8080) { Weight = 1 + (number % 10), Pod = 1 + (ulong)number };
}
