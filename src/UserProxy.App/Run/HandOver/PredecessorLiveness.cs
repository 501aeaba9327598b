using System.Net.Sockets;
using UserProxy.Linux.HandOver;

namespace UserProxy.App.Run.HandOver;

/// <summary>
/// Whether a <see cref="Predecessor"/> has ended whose end of the conversation is closed: one that has given up closes it too, and serves on
/// (docs/decisions/0085). It has said so before, or can be asked.
/// </summary>
/// <param name="path">Of its socket for successors.</param>
/// <param name="talk">The conversation.</param>
/// <param name="time">Measures patience.</param>
internal sealed class PredecessorLiveness(string path, TakeoverTalk talk, TimeProvider time)
{
    /// <summary>Returns when it has ended.</summary>
    /// <exception cref="TakeoverException">It serves on.</exception>
    public async Task CheckEndedAsync(CancellationToken stop)
    {
        await talk.ReadToEndAsync(stop);
        // There may be no other descriptor for the question.
        talk.Dispose();
        if (await AnswersAsync(stop)) throw new TakeoverException("it has broken off without a word, and serves on");
    }

    /// <summary>
    /// Until it has handed over it takes successors, and its socket ends with the process: somebody who is there says something, or nothing while it hangs.
    /// </summary>
    private async Task<bool> AnswersAsync(CancellationToken stop)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using var question = new TakeoverTalk(new DescriptorChannel(socket), time);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), stop);
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
}
