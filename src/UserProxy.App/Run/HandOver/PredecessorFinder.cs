using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using UserProxy.App.CommandLine;
using UserProxy.Linux.HandOver;
using UserProxy.Linux.Host;

namespace UserProxy.App.Run.HandOver;

/// <summary>
/// Finds the <see cref="Predecessor"/> at its socket: says hello to it, and takes the locks that it welcomes this process with. Asked by
/// <see cref="StartRight"/>; the other end is <see cref="SuccessorPort"/>.
/// </summary>
internal static class PredecessorFinder
{
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
}
