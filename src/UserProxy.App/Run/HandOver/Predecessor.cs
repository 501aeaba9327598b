using System.Globalization;
using Microsoft.Extensions.Logging;
using UserProxy.App.Servers.Http;
using UserProxy.Linux.Host;
using UserProxy.Model;
using UserProxy.Serving;
using UserProxy.Syncing;
using UserProxy.Udp;

namespace UserProxy.App.Run.HandOver;

/// <summary>
/// The <c>run</c> that serves this node and hands it over to this one, step by step: its locks at the start, its sockets when there is a table, and at last the
/// right to decide. When it ends before, this one has the same right, as it holds the locks, too. Found by <see cref="PredecessorFinder"/>; the other end is
/// <see cref="SuccessorPort"/>.
/// </summary>
internal sealed class Predecessor : IDisposable
{
    private readonly TakeoverTalk _talk;
    private readonly PredecessorLiveness _liveness;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TakeoverSessions _sessions = new();
    private readonly List<HandedService> _news = [];
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isGone, _isSilent;

    /// <param name="path">Of its socket for successors.</param>
    /// <param name="talk">With it, after its welcome; becomes this one's.</param>
    /// <param name="instance">See <see cref="Instance"/>.</param>
    /// <param name="virtualIPs">See <see cref="VirtualIPs"/>.</param>
    /// <param name="settings">Its own, as lines.</param>
    /// <param name="log">Told of each step.</param>
    /// <param name="time">Measures patience.</param>
    public Predecessor(
        string path, TakeoverTalk talk, NamespaceLock instance, NamespaceLock? virtualIPs, IReadOnlyList<string> settings, ILogger log, TimeProvider time)
    {
        Shared = new SocketSharing { IsShared = true, Left = _gone.Task };
        Report = new TakeoverReport(talk.Peer.ToString(), settings, log, time);
        _liveness = new PredecessorLiveness(path, talk, time);
        _talk = talk;
        _log = log;
        _time = time;
        Instance = instance;
        VirtualIPs = virtualIPs;
    }

    /// <summary>Ours, too.</summary>
    public NamespaceLock Instance { get; }

    /// <summary>The right to change routes and guard; null when it has not got it.</summary>
    public NamespaceLock? VirtualIPs { get; }

    public InheritedSockets Listeners { get; } = new();

    public InheritedPorts Ports { get; } = new();

    /// <summary>What its Services remember.</summary>
    public InheritedServices Services { get; } = new();

    /// <summary>What a person is told.</summary>
    public TakeoverReport Report { get; }

    /// <summary>Until this process alone serves.</summary>
    public SocketSharing Shared { get; }

    /// <summary>This process alone serves.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Nothing comes of it, and why: the other process serves on, and this one has to end.</summary>
    public Task<string> Failed => _failed.Task;

    /// <summary>Loops of datagrams: with as many there, sessions go on here.</summary>
    public int Loops { get; set; }

    /// <summary>Asked when it is known what the other one listens on: what this one must have and cannot; null when it can serve.</summary>
    public Func<string?> WhyNot { get; set; } = () => null;

    /// <summary>Called when this process alone serves, with what the other one had under way.</summary>
    public Func<IReadOnlyList<HandedLoop>, IReadOnlyList<HandedService>, Task> OnTakenOver { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>What it listens on, when there is something to serve. From then on it changes nothing.</summary>
    /// <exception cref="TakeoverException">It serves on.</exception>
    public Task TakeSocketsAsync(CancellationToken stop) => TalkAsync(ReceiveSocketsAsync, stop);

    /// <summary>It listens at this number of TCP, at some address: what of it nobody needs is closed.</summary>
    public bool HasPort(int port) => Ports.HasPort(port) || Listeners.Places.Any(place => place.Protocol == TransportProtocol.Tcp && place.At.Port == port);

    /// <summary>To be called when this process takes clients: returns when it alone does and decides. Does not return when nothing comes of it.</summary>
    public async Task TakeOverAsync(CancellationToken stop)
    {
        try
        {
            if (!_isGone) await TalkAsync(AgreeAsync, stop);
        }
        catch (TakeoverException e)
        {
            _failed.TrySetResult(e.Message);
            await Task.Delay(Timeout.InfiniteTimeSpan, _time, stop);
        }

        Instance.SetHolder();
        VirtualIPs?.SetHolder();
        Shared.IsShared = false;
        try
        {
            await OnTakenOver(_sessions.Loops, _news);
            Report.LogDifferences(Listeners.Places);
        }
        finally
        {
            // It has left whatever becomes of that: who waits for its ports is not to wait for ever.
            Listeners.Dispose();
            _ = WaitForCloseAsync(stop);
        }

        Report.LogTakenOver();
        _completion.TrySetResult();
    }

    public void Dispose()
    {
        _talk.Dispose();
        Listeners.Dispose();
        Ports.Dispose();
        _sessions.Dispose();
        Instance.Dispose();
        VirtualIPs?.Dispose();
    }

    /// <summary>A part of the conversation. When the other process ends meanwhile, what has come until then is ours.</summary>
    /// <exception cref="TakeoverException">It serves on.</exception>
    private async Task TalkAsync(Func<CancellationToken, Task> part, CancellationToken stop)
    {
        try
        {
            try
            {
                await part(stop);
            }
            catch (PeerGoneException e)
            {
                await _liveness.CheckEndedAsync(stop);
                _isGone = true;
                _log.PredecessorGone(e.Message);
            }
        }
        catch (TakeoverException e)
        {
            _talk.Abandon(e.Message);
            throw;
        }
    }

    private async Task ReceiveSocketsAsync(CancellationToken stop)
    {
        long startedAt = _time.GetTimestamp();
        int count = 0;
        _talk.Send(TakeoverWord.Begin, Loops.ToString(CultureInfo.InvariantCulture));
        while (true)
        {
            var message = await _talk.ReceiveAsync(TakeoverTalk.Patience, stop, TakeoverWord.Services, TakeoverWord.Sockets, TakeoverWord.All);
            if (message.Word == TakeoverWord.All) break;
            if (message.Word == TakeoverWord.Services)
            {
                foreach (var part in TakeoverServices.Read(message.Payload))
                {
                    Services.Add(part);
                    Report.AddServed(part.Name);
                }

                _talk.Send(TakeoverWord.Taken);
                continue;
            }

            foreach (var (line, socket) in message.ReadSockets()) TakeoverLine.Read(line, socket, Listeners, Ports);
            count += message.Descriptors.Count;
            _talk.Send(TakeoverWord.Taken);
        }

        _log.SocketsTaken(count, (long)_time.GetElapsedTime(startedAt).TotalMilliseconds);
        if (WhyNot() is { } reason) throw new TakeoverException(reason);
    }

    private async Task AgreeAsync(CancellationToken stop)
    {
        _talk.Send(TakeoverWord.Ready);
        while (true)
        {
            var message = await _talk.ReceiveAsync(
                TakeoverTalk.Patience, stop, TakeoverWord.Yours, TakeoverWord.Upstream, TakeoverWord.Sessions, TakeoverWord.Figures);
            if (message.Word == TakeoverWord.Yours) break;
            _sessions.Make(Loops);
            if (message.Word == TakeoverWord.Figures) _news.AddRange(TakeoverServices.Read(message.Payload));
            else if (message.Word == TakeoverWord.Sessions) _sessions.ReadSessions(message.Payload);
            else foreach (var (line, socket) in message.ReadSockets()) _sessions.ReadUpstream(line, socket);
            _talk.Send(TakeoverWord.Taken);
        }

        _talk.Send(TakeoverWord.Mine, Report.Source);
        try
        {
            await _talk.ReceiveAsync(TakeoverTalk.Patience, stop, TakeoverWord.Gone);
        }
        catch (TakeoverException e) when (e.IsSilence)
        {
            // It has been told, and goes when it comes to it.
            _isSilent = true;
            _log.PredecessorSlow(e.Message);
        }
    }

    /// <summary>It closes the conversation when it has closed its sockets. One that hangs is not waited for: its ports are told of as anybody's.</summary>
    private async Task WaitForCloseAsync(CancellationToken stop)
    {
        try
        {
            if (!_isGone && !_isSilent) await _talk.ReadToEndAsync(stop);
        }
        catch (Exception e) when (e is TakeoverException or OperationCanceledException or ObjectDisposedException)
        {
            // Nothing more is heard of it.
        }
        finally
        {
            _gone.TrySetResult();
        }
    }
}
