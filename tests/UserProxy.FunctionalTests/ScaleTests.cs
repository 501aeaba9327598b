using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.FunctionalTests.Support;
using UserProxy.Model;
using UserProxy.Policy;

namespace UserProxy.FunctionalTests;

/// <summary>A large cluster: 10,000 Services with a ClusterIP and a NodePort each, 15 endpoints a Service.</summary>
[Collection(nameof(Alone))]
public sealed class ScaleTests
{
    private const int Services = 10_000;
    private const int EndpointsOfEach = 15;

    /// <summary>Sockets that the rest of the test process may need.</summary>
    private const int SparedDescriptors = 2_000;

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task TenThousandServices_OneChanges_CostsWhatChanged(TransportKind transport)
    {
        int services = Math.Min(Services, (OpenFilesLimit() - SparedDescriptors) / 2);
        ServicePort[] ports = [.. Enumerable.Range(0, services).Select(Port)];
        await using var sockets = Transports.Create(transport, NullLogger.Instance);
        var proxier = new Proxier(sockets, new ProxyOptions { DrainTimeout = TimeSpan.Zero }, TimeProvider.System, NullLogger<Proxier>.Instance);
        var took = new List<TimeSpan>();
        proxier.Applied += applied => took.Add(applied.Duration);
        var source = new MemorySource();
        using var stop = new CancellationTokenSource();
        var running = proxier.RunAsync(source, stop.Token);

        var table = new ServiceTable(1, ports);
        source.Set(table);
        await Eventually.IsTrue(() => proxier.Revision == 1, "everything is bound");
        int failed = proxier.View.Services().Sum(service => service.Listeners.Count(listener => listener.State != ListenerState.Listening));
        for (long revision = 2; revision <= 101; revision++)
        {
            table = new ServiceTable(revision, WithOneChanged(table.Ports, (int)(revision * 7919 % services), revision), []);
            source.Set(table);
            await Eventually.IsTrue(() => proxier.Revision == revision, "one change is applied");
        }

        await stop.CancelAsync();
        await running;
        var changes = took.Skip(1).Order().ToList();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{services * 2} listeners bound in {took[0].TotalMilliseconds:0} ms ({failed} failed); one change: median {changes[50].TotalMilliseconds:0.00} "
                + $"ms, worst {changes[^1].TotalMilliseconds:0.00} ms");
        failed.ShouldBeLessThan(20);
        // A full pass over all listeners would cost a good part of what binding them did: the same run and machine tell, not a clock.
        changes[50].ShouldBeLessThan(took[0] / 50);
    }

    /// <summary>Loopback addresses stand in for ClusterIPs; NodePorts share one address of their own.</summary>
    private static ServicePort Port(int number)
    {
        ValueList<Endpoint> endpoints = new([.. Enumerable.Range(0, EndpointsOfEach).Select(each => EndpointOf(number, each))]);
        return new ServicePort
        {
            Name = new("scale", $"service-{number:00000}", "", TransportProtocol.Tcp),
            Family = AddressFamily.InterNetwork,
            Number = 80,
            Listeners =
            [
                new ListenAddress(ListenerKind.NodePort, IPAddress.Parse("127.200.0.1"), 20_000 + number),
                new ListenAddress(ListenerKind.ClusterIP, new IPAddress([127, 201, (byte)(number >> 8), (byte)number]), 80),
            ],
            Endpoints = endpoints,
            ClusterEndpoints = endpoints,
            HasEndpoints = true,
        };
    }

    private static Endpoint EndpointOf(int service, int number) => new(new IPAddress([10, (byte)(service >> 8), (byte)service, (byte)number]), 8080);

    private static ValueList<ServicePort> WithOneChanged(ValueList<ServicePort> ports, int which, long revision)
    {
        ServicePort[] changed = [.. ports];
        ValueList<Endpoint> endpoints = new([.. ports[which].ClusterEndpoints.Skip(1), EndpointOf(which, 100 + (int)(revision % 100))]);
        changed[which] = ports[which] with { Endpoints = endpoints, ClusterEndpoints = endpoints };
        return new(changed);
    }

    private static int OpenFilesLimit()
    {
        string line = File.ReadLines("/proc/self/limits").Single(each => each.StartsWith("Max open files", StringComparison.Ordinal));
        return int.TryParse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3], out int limit) ? limit : int.MaxValue;
    }
}
