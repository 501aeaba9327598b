using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin;
using UserProxy.Linux.HandOver;
using UserProxy.Serving;
using UserProxy.Syncing;
using UserProxy.Udp;

namespace UserProxy.App.Run.HandOver;

/// <summary>
/// Where a successor finds this process: a Unix socket beside the admin socket, for root and this user alone. Hands over what it listens on and the right to
/// decide, one successor at a time, and serves on as before when nothing comes of it. Kept by <see cref="NodeAgent"/>; the other end is
/// <see cref="Predecessor"/>.
/// </summary>
/// <param name="adminSocket">Which it is beside.</param>
/// <param name="parts">What is handed over.</param>
/// <param name="handedOver">Called when it has been: this process is to drain and to end.</param>
/// <param name="log">Told of each try.</param>
/// <param name="time">Measures patience.</param>
internal sealed class SuccessorPort(string adminSocket, HandOverParts parts, Action handedOver, ILogger log, TimeProvider time) : IAsyncDisposable
{
    private const int Backlog = 4;

    private const string UsualEnding = ".sock", Ending = ".takeover";

    /// <summary>At the file, which somebody may remove, and at what was in the way: often enough for one that starts, and asks for 5 s.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _running = Task.CompletedTask;
    private Task _talking = Task.CompletedTask;
    private volatile Socket? _listening;
    private DateTime _stamp;
    private int _isTalking;
    private volatile bool _isHandedOver;

    /// <summary>A successor serves.</summary>
    public bool HasHandedOver => _isHandedOver;

    /// <summary>The file's name is the admin socket's, with an ending in place of <c>.sock</c> or behind another: each run has one of its own.</summary>
    public static string PathBeside(string adminSocket)
    {
        string path = Path.GetFullPath(adminSocket);
        return (path.EndsWith(UsualEnding, StringComparison.Ordinal) ? path[..^UsualEnding.Length] : path) + Ending;
    }

    /// <summary>Listens once <paramref name="ready"/>: there is something to hand over, and nobody else to take it over from.</summary>
    public void OpenAfter(Task ready) => _running = OpenAsync(ready);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _talking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _listening?.Dispose();
        // The successor puts its own there.
        if (_listening is not null && !_isHandedOver) AdminSocketFile.Remove(PathBeside(adminSocket), _stamp);
        _stop.Dispose();
    }

    private async Task OpenAsync(Task ready)
    {
        await ready.WaitAsync(_stop.Token);
        string path = PathBeside(adminSocket);
        if (Encoding.UTF8.GetByteCount(path) > AdminSocketFile.LongestPath)
        {
            log.NoSuccessorPort(path, $"it is longer than {AdminSocketFile.LongestPath} bytes");
            return;
        }

        await Task.WhenAll(WatchFileAsync(path), AcceptLoopAsync(path));
    }

    /// <summary>Listens, and again when somebody has removed or replaced the file. Whatever goes wrong is said once, and tried again.</summary>
    private async Task WatchFileAsync(string path)
    {
        DateTime? seen = null;
        for (bool isSaid = false; !_isHandedOver; await Task.Delay(LookEvery, time, _stop.Token))
        {
            try
            {
                var stamp = AdminSocketFile.StampOf(path);
                // What is in its way is looked at once: somebody may answer there, and this process goes on answering who knows it.
                if (_listening is not null && (stamp == _stamp || (stamp == seen && Path.Exists(path)))) continue;
                seen = stamp;
                Listen(path);
                isSaid = false;
            }
            catch (Exception e) when (!_stop.IsCancellationRequested && !_isHandedOver)
            {
                if (!isSaid) log.NoSuccessorPort(path, e.Message);
                isSaid = true;
            }
        }
    }

    private void Listen(string path)
    {
        var before = _listening;
        var socket = AdminSocketFile.Bind(new UnixDomainSocketEndPoint(path));
        _stamp = AdminSocketFile.StampOf(path);
        socket.Listen(Backlog);
        _listening = socket;
        before?.Dispose();
        _opened.TrySetResult();
        // Whoever has handed over meanwhile has closed the one before.
        if (_isHandedOver) socket.Dispose();
    }

    /// <summary>Ends with the process, or when a successor serves. Without a descriptor those who come wait in the queue.</summary>
    private async Task AcceptLoopAsync(string path)
    {
        await _opened.Task.WaitAsync(_stop.Token);
        bool isSaid = false;
        while (!_isHandedOver)
        {
            var listening = _listening!;
            try
            {
                var socket = await listening.AcceptAsync(_stop.Token);
                isSaid = false;
                StartTalk(socket);
            }
            catch (Exception e) when (!_stop.IsCancellationRequested)
            {
                // Closed for another, or for good.
                if (listening != _listening || _isHandedOver) continue;
                if (!isSaid) log.NoSuccessorPort(path, e.Message);
                isSaid = true;
                await Task.Delay(LookEvery, time, _stop.Token);
            }
        }
    }

    /// <summary>One talk at a time; who comes meanwhile is told so.</summary>
    private void StartTalk(Socket socket)
    {
        if (_stop.IsCancellationRequested)
        {
            // Whoever asks whether this process is there is to find that it is not.
            socket.Dispose();
            return;
        }

        var talk = new TakeoverTalk(new DescriptorChannel(socket), time);
        if (Interlocked.Exchange(ref _isTalking, 1) == 1) Refuse(talk, "another process is about to take over");
        else _talking = TalkAsync(talk);
    }

    private static void Refuse(TakeoverTalk talk, string reason)
    {
        try
        {
            talk.Send(TakeoverWord.Refused, reason);
        }
        catch (PeerGoneException)
        {
            // Nobody.
        }

        talk.Dispose();
    }

    private async Task TalkAsync(TakeoverTalk talk)
    {
        string who = "another process";
        try
        {
            who = talk.Peer.ToString();
            if (!talk.Peer.IsOneOfUs) throw new TakeoverException($"user {talk.Peer.Uid} is neither root nor the user of this process");
            await TalkAsync(talk, who);
        }
        catch (TakeoverException e)
        {
            talk.Abandon(e.Message);
            log.HandOverFailed(who, e.Message);
        }
        catch (PeerGoneException e)
        {
            // What could not be sent is no proof that nobody is there, who would take this process for a dead one.
            talk.Abandon(e.Message);
            log.HandOverFailed(who, e.Message);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // It sees that this process ends, and goes on alone.
        }
        catch (Exception e)
        {
            // A defect: what it has is taken back, and this process serves on.
            talk.Abandon(e.Message);
            log.HandOverDefect(e, who);
        }
        finally
        {
            Volatile.Write(ref _isTalking, 0);
            talk.Dispose();
        }

        if (_isHandedOver) handedOver();
    }

    private async Task TalkAsync(TakeoverTalk talk, string who)
    {
        var hello = await talk.ReceiveAsync(TakeoverTalk.Patience, _stop.Token, TakeoverWord.Hello);
        string greeting = hello.FirstLine;
        if (greeting != $"{TakeoverTalk.Greeting}{TakeoverTalk.Version}")
        {
            log.HandOverFailed(who, $"it says '{greeting}', and this process knows version {TakeoverTalk.Version}");
            talk.Send(TakeoverWord.Refused, $"this process knows version {TakeoverTalk.Version} of the messages");
            return;
        }

        // Who has the locks may be alone from now on, at any moment.
        parts.LeaveToSuccessor(isLeft: true);
        try
        {
            List<SafeHandle> locks = [parts.Instance.Handle!];
            if (parts.VirtualIPs is { } owner) locks.Add(owner.Ownership.Handle);
            talk.Send(TakeoverWord.Welcome, string.Join('\n', parts.Settings.Prepend(BuildFacts.Current.Version)), locks);
            var begin = await talk.ReceiveAsync(Timeout.InfiniteTimeSpan, _stop.Token, TakeoverWord.Begin);
            log.HandingOver(who);
            string source = await HandOverAsync(talk, int.TryParse(begin.Text, CultureInfo.InvariantCulture, out int loops) ? loops : 0);
            log.HandedOver(who, source.Length > 0 ? source : TakeoverSettings.Unknown);
        }
        finally
        {
            if (!_isHandedOver && !_stop.IsCancellationRequested) parts.LeaveToSuccessor(isLeft: false);
        }
    }

    /// <summary>What the successor serves; empty of one that does not tell.</summary>
    private async Task<string> HandOverAsync(TakeoverTalk talk, int loops)
    {
        var step = new HandOverStep(parts);
        string source;
        try
        {
            await step.HoldStillAsync(_stop.Token);
            await SendServicesAsync(talk, TakeoverWord.Services, step.Listeners!.ReadServices(withFigures: false));
            await SendSocketsAsync(talk, step.Listeners!.Sockets);
            await talk.ReceiveAsync(TakeoverTalk.Patience, _stop.Token, TakeoverWord.Ready);
            await step.PauseAsync(_stop.Token);
            // Sessions belong to loops: where there are not as many, answers are still sent from here, and sessions begin anew there.
            if (loops > 0 && loops == step.Listeners.Loops) await SendSessionsAsync(talk, await step.PauseAnswersAsync(time));
            await SendServicesAsync(talk, TakeoverWord.Figures, step.Listeners.ReadServices(withFigures: true));
            talk.Send(TakeoverWord.Yours);
            source = (await talk.ReceiveOrRefuseAsync(TakeoverWord.Mine, TakeoverTalk.Patience, _stop.Token)).FirstLine;
        }
        catch
        {
            step.Undo(_stop.IsCancellationRequested);
            throw;
        }

        _isHandedOver = true;
        _listening!.Dispose();
        try
        {
            talk.Send(TakeoverWord.Gone);
        }
        catch (PeerGoneException)
        {
            // It had taken over, and has ended since: for whoever starts it.
        }

        parts.ReleaseLocks();
        await step.CompleteAsync();
        return source;
    }

    private async Task SendSocketsAsync(TakeoverTalk talk, IReadOnlyList<HandedSocket> listeners)
    {
        IEnumerable<(string Line, SafeHandle Socket)> sockets =
        [
            .. listeners.Select(each => (TakeoverLine.Of(each), each.Socket)),
            .. parts.Servers.ReadSockets().Select(each => (TakeoverLine.Of(each), each.Socket)),
        ];
        // In turns: descriptors on their way count against the limit of their sender.
        foreach (var some in sockets.Chunk(DescriptorChannel.MostDescriptors))
        {
            talk.Send(TakeoverWord.Sockets, string.Join('\n', some.Select(each => each.Line)), [.. some.Select(each => each.Socket)]);
            await talk.ReceiveAsync(TakeoverTalk.Patience, _stop.Token, TakeoverWord.Taken);
        }

        talk.Send(TakeoverWord.All);
    }

    private async Task SendServicesAsync(TakeoverTalk talk, TakeoverWord word, IReadOnlyList<HandedService> services)
    {
        foreach (byte[] message in TakeoverServices.MessagesOf(services))
        {
            talk.Send(word, message);
            await talk.ReceiveAsync(TakeoverTalk.Patience, _stop.Token, TakeoverWord.Taken);
        }
    }

    private async Task SendSessionsAsync(TakeoverTalk talk, IReadOnlyList<HandedLoop> loops)
    {
        for (int i = 0; i < loops.Count; i++)
        {
            foreach (var (text, sockets) in TakeoverSessions.UpstreamOf(i, loops[i], DescriptorChannel.MostDescriptors))
            {
                talk.Send(TakeoverWord.Upstream, text, sockets);
                await talk.ReceiveAsync(TakeoverTalk.Patience, _stop.Token, TakeoverWord.Taken);
            }

            foreach (byte[] sessions in TakeoverSessions.SessionsOf(i, loops[i]))
            {
                talk.Send(TakeoverWord.Sessions, sessions);
                await talk.ReceiveAsync(TakeoverTalk.Patience, _stop.Token, TakeoverWord.Taken);
            }
        }
    }
}
