using System.Net;
using System.Net.Sockets;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Reading;

namespace UserProxy.Tests.Syncing;

/// <summary>Services that want their clients' addresses kept, where that hangs or cannot be had.</summary>
public sealed class SourceUseTests
{
    /// <summary>Two ports of one Service, of two protocols, are one Service to the one who reads of it.</summary>
    [Fact]
    public void NotKept_OfAServiceWithTwoPorts_IsReportedOnce()
    {
        using var run = new ProxierRun(sources: new NoTransparentSources("there is no nft"));
        run.Apply(
            Kept("dns", TransportProtocol.Tcp, 30_053), Kept("dns", TransportProtocol.Udp, 30_053), Kept("web", TransportProtocol.Tcp, 30_080));

        run.Problems.Where(problem => problem.Reason == ServiceProblem.ClientAddressNotKept).Select(problem => problem.Service.Name).ShouldBe(["dns", "web"]);
    }

    /// <summary>What keeps addresses hangs: only those that want it wait for it.</summary>
    [Fact]
    public void Hangs_WhatDoesNotNeedIt_IsListenedOn()
    {
        var time = new FakeTimeProvider();
        var sources = new HangingSources();
        using var run = new ProxierRun(time: time, sources: sources);

        run.Put(new ServiceTable(1, [Kept("kept", TransportProtocol.Tcp, 30_001), Kept("plain", TransportProtocol.Tcp, 30_002) with { Settings = new() }]));

        SpinWait.SpinUntil(() => run.Transport.Bound.Count > 0, TimeSpan.FromSeconds(90)).ShouldBeTrue();
        run.Transport.Bound.Keys.Single().Port.ShouldBe(30_002);
        sources.Answer();
        SpinWait.SpinUntil(() => run.Transport.Bound.Count == 2, TimeSpan.FromSeconds(90)).ShouldBeTrue();
    }

    private static ServicePort Kept(string name, TransportProtocol protocol, int nodePort)
    {
        ValueList<Endpoint> endpoints = [new(IPAddress.Parse("10.0.0.1"), 8080) { IsLocal = true }];
        return new ServicePort
        {
            Name = new("shop", name, "", protocol),
            Family = AddressFamily.InterNetwork,
            Listeners = [new(ListenerKind.NodePort, IPAddress.Any, nodePort)],
            Endpoints = endpoints,
            ClusterEndpoints = endpoints,
            LocalEndpoints = endpoints,
            HasEndpoints = true,
            Settings = new() { ClientAddress = ClientAddressUse.Keep },
        };
    }

    private sealed class HangingSources : ITransparentSources
    {
        private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Answer() => _answered.SetResult();

        public ValueTask UseAsync(CancellationToken cancellation) => new(_answered.Task.WaitAsync(cancellation));

        public bool IsReady(AddressFamily family) => _answered.Task.IsCompleted;

        public string? Obstacle(AddressFamily family) => null;

        public AnswerPath PathOf(IPAddress endpoint, IPAddress client) => AnswerPath.Elsewhere;
    }
}
