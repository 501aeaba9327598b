using System.Net.Sockets;
using UserProxy.App.Run.HandOver;
using UserProxy.FunctionalTests.Support;
using UserProxy.Linux.HandOver;
using UserProxy.Linux.Host;

namespace UserProxy.FunctionalTests.HandOver;

/// <summary>Holds the node's lock and the port of its Service, and accepts nobody. Disposed of, it has ended.</summary>
internal sealed class FakePredecessor : IDisposable
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private readonly NamespaceLock _instance;
    private readonly Socket _takeover = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public FakePredecessor(HandOverNode node)
    {
        _instance = NamespaceLock.TryTake($"userproxy:{node.AdminSocket}", _ => false, TimeProvider.System, out _)!;
        _takeover.Bind(new UnixDomainSocketEndPoint(node.TakeoverSocket));
        _takeover.Listen();
        Listening.Bind(node.Address);
        Listening.Listen();
    }

    public Socket Listening { get; } = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public TakeoverTalk? Talk { get; private set; }

    /// <summary>Given to the successor instead of the node's.</summary>
    public NamespaceLock? OtherLock { get; init; }

    public async Task TalkUntilAsync(HandOverStep step)
    {
        Talk = new TakeoverTalk(new DescriptorChannel(await _takeover.AcceptAsync(Cancellation)), TimeProvider.System);
        if (step == HandOverStep.Connected) return;
        await Talk.ReceiveAsync(Eventually.Patience, Cancellation, TakeoverWord.Hello);
        if (step == HandOverStep.Greeted) return;
        Talk.Send(TakeoverWord.Welcome, "0.0.0", [(OtherLock ?? _instance).Handle]);
        if (step == HandOverStep.Welcomed) return;
        await Talk.ReceiveAsync(Eventually.Patience, Cancellation, TakeoverWord.Begin);
        if (step == HandOverStep.Begun) return;
        SaySockets();
        if (step == HandOverStep.SomeSockets) return;
        await Talk.ReceiveAsync(Eventually.Patience, Cancellation, TakeoverWord.Taken);
        Talk.Send(TakeoverWord.All);
        if (step == HandOverStep.AllSockets) return;
        await Talk.ReceiveAsync(Eventually.Patience, Cancellation, TakeoverWord.Ready);
        if (step == HandOverStep.Ready) return;
        Talk.Send(TakeoverWord.Yours);
        await Talk.ReceiveAsync(Eventually.Patience, Cancellation, TakeoverWord.Mine);
    }

    /// <summary>The successor finds the conversation closed when it is about to say what it says after <paramref name="step"/>.</summary>
    /// <param name="step">One that ends with a word of the predecessor.</param>
    /// <param name="successor">Its process.</param>
    /// <param name="reason">Null to close without a word.</param>
    public async Task BreakOffAsync(HandOverStep step, int successor, string? reason)
    {
        await TalkUntilAsync(step - 1);
        if (step == HandOverStep.AllSockets) await Talk!.ReceiveAsync(Eventually.Patience, Cancellation, TakeoverWord.Taken);
        await StoppedProcess.HoldAsync(successor);
        if (step == HandOverStep.SomeSockets) SaySockets();
        else Talk!.Send(step == HandOverStep.AllSockets ? TakeoverWord.All : TakeoverWord.Yours);
        if (reason is not null) Talk!.Abandon(reason);
        Talk!.Dispose();
        await StoppedProcess.GoOnAsync(successor);
    }

    /// <summary>Whoever comes is told that somebody is here.</summary>
    public async Task RefuseNextAsync()
    {
        using var next = new TakeoverTalk(new DescriptorChannel(await _takeover.AcceptAsync(Cancellation)), TimeProvider.System);
        next.Send(TakeoverWord.Refused, "a test refuses");
    }

    public void Dispose()
    {
        Talk?.Dispose();
        _takeover.Dispose();
        Listening.Dispose();
        _instance.Dispose();
    }

    private void SaySockets() =>
        Talk!.Send(TakeoverWord.Sockets, $"tcp {Listening.LocalEndPoint}\nof-a-later-version x", [Listening.SafeHandle, _takeover.SafeHandle]);
}
