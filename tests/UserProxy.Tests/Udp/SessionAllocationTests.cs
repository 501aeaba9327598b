using UserProxy.Model;
using UserProxy.Udp;

namespace UserProxy.Tests.Udp;

/// <summary>A datagram costs the collector nothing, a session next to nothing.</summary>
public sealed class SessionAllocationTests
{
    private const int Datagrams = 10_000;

    /// <summary>
    /// What is allocated for a session on a recycled object, 112 bytes: the client as an IPEndPoint (32) with its IPAddress (40), which admission, guard,
    /// policy and scheduler take, and the local address (40). Lists, places and the session itself cost nothing.
    /// </summary>
    private const int BytesOfASession = 128;

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void WarmSessions_ForwardAndAnswer_AllocateNothing(bool affinity, bool local)
    {
        var rig = new SessionRig();
        var port = UdpService.Port(5) with { AffinityTimeout = affinity ? TimeSpan.FromHours(1) : null };
        if (local) port = port with { LocalEndpoints = port.ClusterEndpoints, InternalPolicy = TrafficPolicy.Local };
        var service = rig.Serve(port);
        var flows = Enumerable.Range(0, 500).Select(client => UdpService.Flow(client)).ToArray();
        void Run()
        {
            for (int i = 0; i < Datagrams; i++)
            {
                rig.Time.Advance(TimeSpan.FromMilliseconds(1));
                ForwardAndAnswer(rig, service, flows[i % flows.Length]);
                if (i % 500 == 0) rig.Table.Sweep(rig.Now);
            }
        }

        Run();
        long allocated = BytesAllocatedBy(Run);

        allocated.ShouldBe(0);
        service.Started.ShouldBe(500);
        service.Counters.DatagramsOut.ShouldBe(2 * Datagrams);
    }

    [Fact]
    public void NewSessions_OnRecycledObjects_AllocateTheirAddressesOnly()
    {
        var rig = new SessionRig(new SessionLimits(Total: 1_000, PerListener: 1_000, PerClient: 1_000));
        // Each is used again in its turn, as on a node with many clients.
        rig.Sockets.Limit = 1_000;
        var service = rig.Serve(UdpService.Port(5) with { Number = 53 });
        int client = 0;
        void Run()
        {
            for (int i = 0; i < Datagrams; i++)
            {
                rig.Time.Advance(TimeSpan.FromMilliseconds(5));
                ForwardAndAnswer(rig, service, UdpService.Flow(client++));
                if (i % 100 == 0) rig.Table.Sweep(rig.Now);
            }
        }

        Run();
        long allocated = BytesAllocatedBy(Run);

        service.Started.ShouldBe(2 * Datagrams);
        (allocated / Datagrams).ShouldBeLessThanOrEqualTo(BytesOfASession);
    }

    /// <summary>DNS: a session for each query, which its answer ends, or soon after.</summary>
    [Fact]
    public void Queries_FromANewPortEach_AllocateTheirAddressesOnly()
    {
        var rig = new SessionRig();
        var service = rig.Serve(3, new ServiceSettings { UdpResponses = 1 });
        int query = 0;
        void Run()
        {
            for (int i = 0; i < Datagrams; i++)
            {
                rig.Time.Advance(TimeSpan.FromMilliseconds(1));
                ForwardAndAnswer(rig, service, UdpService.Flow(client: query % 8, port: 1_024 + (query++ % 60_000)));
                if (i % 500 == 0) rig.Table.Sweep(rig.Now);
            }
        }

        Run();
        long allocated = BytesAllocatedBy(Run);

        (service.Started, service.Counters.Ended(SessionEnd.Responses)).ShouldBe((2 * Datagrams, (2 * Datagrams) - service.Counters.Active));
        service.Counters.Active.ShouldBeLessThan(200);
        (allocated / Datagrams).ShouldBeLessThanOrEqualTo(BytesOfASession);
    }

    /// <summary>What a flood is met with when there is nobody to send it to.</summary>
    [Fact]
    public void Dropped_NoEndpoint_AllocatesTheAddressesOnly()
    {
        var rig = new SessionRig();
        var service = rig.Serve(0);
        void Run()
        {
            for (int i = 0; i < Datagrams; i++) rig.Table.TryForward(service.Sessions, UdpService.Flow(i), 1, rig.Now, out _);
        }

        Run();
        (BytesAllocatedBy(Run) / Datagrams).ShouldBeLessThanOrEqualTo(BytesOfASession);
        service.DroppedInAll.ShouldBe(2 * Datagrams);
    }

    private static void ForwardAndAnswer(SessionRig rig, UdpService service, in SessionKey flow)
    {
        bool forwarded = rig.Table.TryForward(service.Sessions, flow, 50, rig.Now, out var target);
        bool answered = rig.Table.TryAnswer(target.Pool, target.Port, target.Endpoint, 100, rig.Now, out var client);
        if (!forwarded || !answered || client.Client != flow.Client) throw new InvalidOperationException("the answer went elsewhere");
    }

    private static long BytesAllocatedBy(Action action)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
