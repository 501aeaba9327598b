using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Reading;
using UserProxy.Serving;
using UserProxy.Syncing;
using UserProxy.Tests.Tcp;

namespace UserProxy.Tests.Syncing;

public sealed class LocalFaultWatchTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly FakeTransport _transport = new();
    private readonly List<ServiceProblem> _problems = [];

    public ValueTask DisposeAsync() => _transport.DisposeAsync();

    [Fact]
    public void DialsFailOnThisNode_IsSaidOnceAMinute_WithTheirNumber()
    {
        var (watch, state) = Start();
        watch.Look();
        Fail(state, ConnectOutcome.Refused, 5);
        watch.Look();
        _problems.ShouldBeEmpty("an endpoint that refuses is no fault of this node");

        Fail(state, ConnectOutcome.NoSourcePort, 3);
        watch.Look();
        Fail(state, ConnectOutcome.NoSourcePort, 4);
        _time.Advance(TimeSpan.FromSeconds(59));
        watch.Look();

        var problem = _problems.ShouldHaveSingleItem();
        problem.Reason.ShouldBe(ServiceProblem.LocalDialFault);
        problem.Message.ShouldStartWith("3 dials came to nothing on this node itself: no source port is left towards an endpoint");
        _time.Advance(TimeSpan.FromSeconds(2));
        watch.Look();
        _problems[^1].Message.ShouldStartWith("4 dials");
        _time.Advance(TimeSpan.FromMinutes(5));
        watch.Look();
        _problems.Count.ShouldBe(2, "it is over");
    }

    /// <summary>Each with its number, the most frequent first; equals in a fixed order. Only causes that there were since the last line.</summary>
    [Theory]
    [InlineData(1, 5, 0, 0, "6 dials came to nothing on this node itself: no descriptor is left (5); no source port is left towards an endpoint")]
    [InlineData(5, 1, 0, 0, "6 dials came to nothing on this node itself: no source port is left towards an endpoint")]
    [InlineData(0, 0, 2, 0, "2 dials came to nothing on this node itself: the kernel has no memory for sockets")]
    [InlineData(0, 2, 2, 0, "4 dials came to nothing on this node itself: no descriptor is left (2); the kernel has no memory for sockets (2)")]
    [InlineData(0, 0, 0, 3, "3 dials came to nothing on this node itself: the endpoint's address is refused, ")]
    public void CausesAreNamed_AsOftenAsTheyWere(int ports, int descriptors, int memory, int others, string expected)
    {
        var (watch, state) = Start();
        Fail(state, ConnectOutcome.NoSourcePort, 100);
        watch.Look();
        _problems.Clear();
        Fail(state, ConnectOutcome.NoSourcePort, ports);
        Fail(state, ConnectOutcome.NoDescriptor, descriptors);
        Fail(state, ConnectOutcome.NoMemory, memory);
        Fail(state, ConnectOutcome.LocalFault, others);
        _time.Advance(TimeSpan.FromMinutes(2));

        watch.Look();

        _problems.ShouldHaveSingleItem().Message.ShouldStartWith(expected);
    }

    private static void Fail(ServicePortState state, ConnectOutcome outcome, int times)
    {
        for (int i = 0; i < times; i++) state.Counters.CountConnectFailure(outcome);
    }

    private (LocalFaultWatch Watch, ServicePortState State) Start()
    {
        var services = Connections.Services(_time) with { Transport = _transport };
        var virtualIPs = new VirtualIPSet(NoVirtualIPs.Instance, () => { }, _time, NullLogger.Instance);
        var slots = new SlotTable(Connections.Listeners(services), services, virtualIPs, Connections.Network, () => { }, _problems.Add);
        var entries = new ServiceEntries(slots, services, _problems.Add, new Random(1));
        entries.Merge(new ServiceTable(1, [new ServicePort { Name = new("shop", "web", "", TransportProtocol.Tcp), Family = AddressFamily.InterNetwork }]));
        return (new LocalFaultWatch(entries, services, _problems.Add), entries.Published.Single().State);
    }
}
