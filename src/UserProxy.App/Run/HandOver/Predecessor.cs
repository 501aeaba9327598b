using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.App.Servers.Http;
using UserProxy.Linux.HandOver;
using UserProxy.Linux.Host;
using UserProxy.Model;
using UserProxy.Serving;
using UserProxy.Syncing;
using UserProxy.Udp;

namespace UserProxy.App.Run.HandOver;

/// <summary>
/// The <c>run</c> that serves this node and hands it over to this one, step by step: its locks at the start, its sockets when there is a table, and at last the
/// right to decide. When it ends before, this one has the same right, as it holds the locks, too. Met by <see cref="StartRight"/>; the other end is
/// <see cref="SuccessorPort"/>.
/// </summary>
internal sealed class Predecessor : IDisposable
{
    /// <summary>Services, or addresses, in a line of the log.</summary>
    private const int MostNamed = 5;

    private readonly string _path;
    private readonly string _holder;
    private readonly HashSet<string> _served = [];
    private List<string> _undeclared = [];
    private readonly TakeoverTalk _talk;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TakeoverSessions _sessions = new();
    private readonly List<HandedService> _news = [];
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IReadOnlyList<string> _settings;
    private bool _isGone, _isSilent;
    private string? _waitsFor;

    private Predecessor(
        string path, TakeoverTalk talk, NamespaceLock instance, NamespaceLock? virtualIPs, IReadOnlyList<string> settings, ILogger log, TimeProvider time)
    {
        _path = path;
        _holder = talk.Peer.ToString();
        _settings = settings;
        Shared = new SocketSharing { IsShared = true, Left = _gone.Task };
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

    /// <summary>Until it is settled.</summary>
    public SocketSharing Shared { get; }

    /// <summary>This process alone serves.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Nothing comes of it, and why: the other process serves on, and this one has to end.</summary>
    public Task<string> Failed => _failed.Task;

    /// <summary>Loops of datagrams: with as many there, sessions go on here.</summary>
    public int Loops { get; set; }

    /// <summary>This process's own, as <see cref="TakeoverSettings.LinesOf"/> has them.</summary>
    public IReadOnlyList<string> Settings { get; set; } = [];

    /// <summary>From whom this process has taken over; null until it has.</summary>
    public TookOverItem? TookOver { get; private set; }

    /// <summary>Asked when it is known what the other one listens on: what this one must have and cannot; null when it can serve.</summary>
    public Func<string?> WhyNot { get; set; } = () => null;

    /// <summary>Called when this process alone serves, with what the other one had under way.</summary>
    public Func<IReadOnlyList<HandedLoop>, IReadOnlyList<HandedService>, Task> OnTakenOver { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>
    /// Null, and said why the first time, when nobody hands over; not even <c>IsOffering</c> when nobody listens there now, or he has ended meanwhile.
    /// </summary>
    public static async Task<(Predecessor? Met, bool IsOffering)> TryConnectAsync(
        string adminSocket, bool isFirst, ILogger log, TimeProvider time, CancellationToken stop)
    {
        string path = SuccessorPort.PathBeside(adminSocket);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        TakeoverTalk? talk = new(new DescriptorChannel(socket), time);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), stop);
            var peer = talk.Peer;
            if (!peer.IsOneOfUs && peer.Uid != FileOwner.Of(Path.GetDirectoryName(path)!))
                throw new TakeoverException($"it runs under another user ({peer.Uid})");
            var welcome = await SendHelloAsync(talk, stop);
            var locks = TakeLocks(welcome, adminSocket, time);
            string[] settings = [.. welcome.Lines.Skip(1)];
            log.PredecessorMet(peer.ToString(), welcome.FirstLine, TakeoverSettings.SourceOf(settings));
            var met = new Predecessor(path, talk, locks[0], locks.ElementAtOrDefault(1), settings, log, time);
            talk = null;
            return (met, true);
        }
        catch (Exception e) when (e is SocketException or TakeoverException or PeerGoneException or ArgumentException)
        {
            if (isFirst) log.NoPredecessor(path, ReasonOf(e));
            return (null, e is TakeoverException or ArgumentException);
        }
        finally
        {
            talk?.Dispose();
        }
    }

    private static async Task<TakeoverMessage> SendHelloAsync(TakeoverTalk talk, CancellationToken stop)
    {
        try
        {
            talk.Send(TakeoverWord.Hello, $"{TakeoverTalk.Greeting}{TakeoverTalk.Version}\n{BuildFacts.Current.Version}");
        }
        catch (PeerGoneException)
        {
            // It has refused before it was asked, and said why.
            await talk.ReadToEndAsync(stop);
            throw;
        }

        return await talk.ReceiveAsync(TakeoverTalk.Patience, stop, TakeoverWord.Welcome);
    }

    /// <summary>Whoever has the descriptor of a lock holds it: those that are of no use are closed at once.</summary>
    private static List<NamespaceLock> TakeLocks(TakeoverMessage welcome, string adminSocket, TimeProvider time)
    {
        var locks = new List<NamespaceLock>();
        try
        {
            if (welcome.Descriptors.Count is 0 or > 2) throw new TakeoverException("it holds no lock");
            foreach (var each in welcome.Descriptors) locks.Add(NamespaceLock.Share(each, time));
            if (!InstanceLock.IsOf(adminSocket, locks[0])) throw new TakeoverException("it is the run of another admin socket");
            return locks;
        }
        catch
        {
            foreach (var each in locks) each.Dispose();
            welcome.Drop();
            throw;
        }
    }

    /// <summary>.NET's words for the first two are those of IP addresses.</summary>
    private static string ReasonOf(Exception e) => e switch
    {
        SocketException { SocketErrorCode: SocketError.AddressNotAvailable } => "there is no such socket",
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => "nobody listens there",
        _ => e.Message,
    };

    /// <summary>What it listens on, when there is something to serve. From then on it changes nothing.</summary>
    /// <exception cref="TakeoverException">It serves on.</exception>
    public Task TakeSocketsAsync(CancellationToken stop) => TalkAsync(ReceiveSocketsAsync, stop);

    /// <summary>It listens at this number of TCP, at some address: what of it nobody needs is closed.</summary>
    public bool HasPort(int port) => Ports.HasPort(port) || Listeners.Places.Any(place => place.Protocol == TransportProtocol.Tcp && place.At.Port == port);

    /// <summary>Said once for each problem.</summary>
    public void LogWaiting(string problem)
    {
        if (_waitsFor != problem) _log.WaitingForManifests(problem);
        _waitsFor = problem;
    }

    /// <summary>Who tries another file beside the run of a node ends what only that one serves.</summary>
    public void LogUndeclared(ServiceTable table)
    {
        var declared = table.Ports.Select(port => $"{port.Name.Namespace}/{port.Name.Name}").ToHashSet();
        _undeclared = [.. _served.Where(service => !declared.Contains(service)).Order(StringComparer.Ordinal)];
        if (_undeclared.Count > 0) _log.ServicesNotDeclared(_undeclared.Count, NamesOf(_undeclared));
    }

    /// <summary>Before anything is taken: whoever tries another file beside the run of a node can still end this one.</summary>
    public void LogSource()
    {
        var (before, now) = (TakeoverSettings.SourceOf(_settings), TakeoverSettings.SourceOf(Settings));
        if (before != now && before != TakeoverSettings.Unknown) _log.SourceDiffers(now, before);
    }

    private static string NamesOf(List<string> services) => string.Join(", ", services.Take(MostNamed)) + MoreThan(services.Count);

    /// <summary>Who starts a process beside another may not know how that one was started.</summary>
    private void LogDifferences()
    {
        var differing = TakeoverSettings.Differing(_settings, Settings);
        if (differing.Count == 0) return;
        List<string> left = [.. Listeners.Places.Select(place => $"{place.At} ({place.Protocol.Name()})").Order(StringComparer.Ordinal)];
        string sockets = left.Count == 0 ? "it listens where that one did"
            : $"what that one listened on otherwise is closed: {string.Join(", ", left.Take(MostNamed))}{MoreThan(left.Count)}";
        _log.SettingsDiffer(string.Join(", ", differing), sockets);
    }

    private static string MoreThan(int count) => count > MostNamed ? string.Create(CultureInfo.InvariantCulture, $" and {count - MostNamed} more") : "";

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
            LogDifferences();
        }
        finally
        {
            // It has left whatever becomes of that: who waits for its ports is not to wait for ever.
            Listeners.Dispose();
            _ = WaitForCloseAsync(stop);
        }

        var (before, now) = (TakeoverSettings.SourceOf(_settings), TakeoverSettings.SourceOf(Settings));
        string? other = before == now || before == TakeoverSettings.Unknown ? null : before;
        TookOver = new TookOverItem(_holder, other, _time.GetUtcNow(), _undeclared.Count, [.. _undeclared.Take(MostNamed)]);
        _log.TookOver(now, _holder, before, _undeclared.Count == 0 ? "none" : NamesOf(_undeclared));
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
                await CheckItEndedAsync(stop);
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

    /// <summary>
    /// Its end of the conversation is closed, which a process that has given up does, too (docs/decisions/0085): it has said so before, or can be asked.
    /// </summary>
    /// <exception cref="TakeoverException">It serves on.</exception>
    private async Task CheckItEndedAsync(CancellationToken stop)
    {
        await _talk.ReadToEndAsync(stop);
        // There may be no other descriptor for the question.
        _talk.Dispose();
        if (await AnswersAsync(stop)) throw new TakeoverException("it has broken off without a word, and serves on");
    }

    /// <summary>
    /// Until it has handed over it takes successors, and its socket ends with the process: somebody who is there says something, or nothing while it hangs.
    /// </summary>
    private async Task<bool> AnswersAsync(CancellationToken stop)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using var question = new TakeoverTalk(new DescriptorChannel(socket), _time);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(_path), stop);
            question.Abandon("it only asks whether this process is there");
            await question.ReadToEndAsync(stop);
            return false;
        }
        catch (SocketException e)
        {
            // Anything else is somebody whose queue is full.
            return e.SocketErrorCode is not (SocketError.ConnectionRefused or SocketError.AddressNotAvailable);
        }
        catch (TakeoverException)
        {
            return true;
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
                    _served.Add($"{part.Name.Namespace}/{part.Name.Name}");
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

        _talk.Send(TakeoverWord.Mine, TakeoverSettings.SourceOf(Settings));
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
}
