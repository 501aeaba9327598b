using System.Net;
using System.Net.Sockets;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Load;
using UserProxy.Scenarios.Paths;
using UserProxy.Scenarios.Results;
using UserProxy.Scenarios.Running;

namespace UserProxy.Scenarios.Scenarios;

/// <summary>What a connection costs that does nothing.</summary>
internal sealed class IdleMemoryScenario : Scenario
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    public override string Name => "memory";

    public override string Title => "Memory of 1,000 idle connections";

    public override string Group => "Memory";

    public override string Method =>
        "A fresh process of the path; resident memory after a few answers, then with connections that have each had one answer and are held. Of several "
            + "processes (nginx) each is counted for itself, also what they share. Buffers in the kernel and connection tracking are not in it, so paths in "
            + "the kernel are not asked; nor is the rebuilt userspace mode, whose memory says nothing of the original's.";

    public override IReadOnlyList<Metric> Metrics { get; } = [new("1,000 connections", "B", Better.Lower), new("process without any", "B", Better.Lower)];

    public override IReadOnlyList<Tool> Needs => [Tool.Nginx];

    public override RunSize From => RunSize.Smoke;

    public override bool UsesStanding => false;

    public override int MostRepeats(RunSize size) => size == RunSize.Full ? 3 : 1;

    public override bool Asks(TrafficPath path) => path.Info.Kind is PathKind.Peer or PathKind.Own && path.CanServe(path.Services.Http);

    public override async Task<TurnResult> RunAsync(Turn turn, CancellationToken stop)
    {
        int count = turn.Settings.Size switch { RunSize.Smoke => 250, RunSize.Quick => 1000, _ => 4000 };
        var service = StandardServices.HttpApart(turn.Path.Order, 0);
        await using var serving = await turn.Path.StartAsync(turn.Bed, new ServiceSet([service]), stop);
        var address = serving.AddressOf(service);
        await PathCheck.AnswersAsync(turn.Bed, serving, service, stop);
        long before = ProcessTree.Resident(serving.ProcessIds);
        var held = await InNamespace.RunAsync(turn.Bed.Client, () => Hold(address, count)).WaitAsync(Limit, stop);
        try
        {
            // What their set-up has left to do in the proxy.
            await Task.Delay(TimeSpan.FromSeconds(turn.Settings.Size == RunSize.Smoke ? 0.2 : 1), stop);
            double each = (double)(ProcessTree.Resident(serving.ProcessIds) - before) / count;
            return new TurnResult([new("1,000 connections", each * 1000), new("process without any", before)]);
        }
        finally
        {
            foreach (var socket in held) socket.Dispose();
        }
    }

    private static Socket[] Hold(IPEndPoint address, int count)
    {
        var buffer = new byte[4096];
        byte[] request = HttpAnswer.Request("100b", "keep-alive");
        var held = new Socket[count];
        for (int i = 0; i < count; i++)
        {
            held[i] = ClientSockets.Tcp();
            held[i].Connect(address);
            held[i].Send(request);
            if (held[i].Receive(buffer) == 0) throw new BedException($"{address} closed connection {i}");
        }

        return held;
    }
}
