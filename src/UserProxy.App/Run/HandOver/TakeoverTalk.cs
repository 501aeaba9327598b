using System.Runtime.InteropServices;
using System.Text;
using UserProxy.Linux.HandOver;
using UserProxy.Linux.Host;
using UserProxy.Model;

namespace UserProxy.App.Run.HandOver;

/// <summary>One end of the conversation of a hand-over: <see cref="TakeoverWord"/>s with text and descriptors, and patience with the other end.</summary>
/// <param name="channel">Becomes the talk's.</param>
/// <param name="time">Measures patience.</param>
internal sealed class TakeoverTalk(DescriptorChannel channel, TimeProvider time) : IDisposable
{
    /// <summary>Of these messages; another version is refused, and both sides go on as if they had not met.</summary>
    public const int Version = 1;

    /// <summary>The first words of a <see cref="TakeoverWord.Hello"/>, before the version.</summary>
    public const string Greeting = "userproxy takeover ";

    /// <summary>For each step: thousands of sockets take a second. Then the other one hangs.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Which come with descriptors.</summary>
    private static readonly TakeoverWord[] WithDescriptors = [TakeoverWord.Welcome, TakeoverWord.Sockets, TakeoverWord.Upstream];

    /// <summary>Which leave the conversation open.</summary>
    private static readonly TakeoverWord[] NotTheLast = [.. Enum.GetValues<TakeoverWord>().Except([TakeoverWord.Refused, TakeoverWord.Abandon])];

    public LockHolder Peer => channel.Peer;

    /// <exception cref="PeerGoneException">There is nobody to send it to.</exception>
    public void Send(TakeoverWord word, string text = "", params IReadOnlyList<SafeHandle> descriptors) =>
        Send(word, Encoding.UTF8.GetBytes(text), descriptors);

    /// <exception cref="PeerGoneException">There is nobody to send it to.</exception>
    public void Send(TakeoverWord word, byte[] payload, params IReadOnlyList<SafeHandle> descriptors)
    {
        try
        {
            channel.Send((ushort)word, payload, descriptors);
        }
        catch (IOException e)
        {
            throw new PeerGoneException(e.Message);
        }
    }

    /// <summary>The next message, which is to be one of these words.</summary>
    /// <exception cref="TakeoverException">It is another one, or none comes.</exception>
    /// <exception cref="PeerGoneException">The other end is closed: its process has ended, or has given up.</exception>
    public async Task<TakeoverMessage> ReceiveAsync(TimeSpan patience, CancellationToken stop, params TakeoverWord[] expected)
    {
        // One that knows its timer: it may fire while all is over here, as in a process that was held.
        using var limit = new CancellationTokenSource(patience, time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stop, limit.Token);
        try
        {
            var received = await channel.ReceiveAsync(deadline.Token) ?? throw new PeerGoneException("it has ended");
            var message = new TakeoverMessage((TakeoverWord)received.Kind, received.Payload, received.Descriptors);
            if (!expected.Contains(message.Word) || !WithDescriptors.Contains(message.Word)) received.Dispose();
            if (expected.Contains(message.Word)) return message;
            throw new TakeoverException(
                message.Word is TakeoverWord.Refused or TakeoverWord.Abandon ? message.Text : $"it says {message.Word} where {expected[0]} was expected");
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new TakeoverException($"nothing was heard of it for {GoDuration.Format(patience)}", isSilence: true);
        }
        catch (InvalidDataException e)
        {
            throw new TakeoverException(e.Message);
        }
        catch (IOException e)
        {
            throw new PeerGoneException(e.Message);
        }
    }

    /// <summary>
    /// As <see cref="ReceiveAsync"/>, of a word that decides: either it is received, or the other end cannot send it any more. A process that was held learns
    /// at once that patience has ended and what has come meanwhile.
    /// </summary>
    /// <exception cref="TakeoverException">It has not come, and will not.</exception>
    /// <exception cref="PeerGoneException">As there.</exception>
    public async Task<TakeoverMessage> ReceiveOrRefuseAsync(TakeoverWord expected, TimeSpan patience, CancellationToken stop)
    {
        string silence;
        try
        {
            return await ReceiveAsync(patience, stop, expected);
        }
        catch (TakeoverException e) when (e.IsSilence)
        {
            silence = e.Message;
        }

        channel.RefuseToReceive();
        try
        {
            return await ReceiveAsync(Timeout.InfiniteTimeSpan, stop, expected);
        }
        catch (PeerGoneException)
        {
            throw new TakeoverException(silence, isSilence: true);
        }
    }

    /// <summary>Returns when the other end is closed and everything that it sent before has been received.</summary>
    /// <exception cref="TakeoverException">It has said that nothing comes of it, or it is not closed.</exception>
    public async Task ReadToEndAsync(CancellationToken stop)
    {
        try
        {
            while (true) (await ReceiveAsync(Patience, stop, NotTheLast)).Drop();
        }
        catch (PeerGoneException)
        {
            // There is nothing more.
        }
    }

    /// <summary>Says why nothing comes of it, if anybody is there to hear it.</summary>
    public void Abandon(string reason)
    {
        try
        {
            Send(TakeoverWord.Abandon, reason);
        }
        catch (PeerGoneException)
        {
            // Nobody.
        }
    }

    public void Dispose() => channel.Dispose();
}

/// <summary>A message as it was received.</summary>
/// <param name="Word">Which it is.</param>
/// <param name="Payload">What it says besides; text, mostly.</param>
/// <param name="Descriptors">The receiver's from now on.</param>
internal readonly record struct TakeoverMessage(TakeoverWord Word, byte[] Payload, IReadOnlyList<SafeHandle> Descriptors)
{
    public string Text => Encoding.UTF8.GetString(Payload);

    public string FirstLine => Lines is [var first, ..] ? first : "";

    public IReadOnlyList<string> Lines => Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Each descriptor with its line; those without one are closed.</summary>
    public IReadOnlyList<(string Line, SafeHandle Socket)> ReadSockets()
    {
        var lines = Lines;
        foreach (var spare in Descriptors.Skip(lines.Count)) spare.Dispose();
        return [.. lines.Zip(Descriptors)];
    }

    /// <summary>Closes what has come with it.</summary>
    public void Drop()
    {
        foreach (var descriptor in Descriptors) descriptor.Dispose();
    }
}

/// <summary>
/// The other end of the conversation is closed, or nothing can be said to it: its process has ended, or goes on without. The predecessor serves on in either
/// case; the successor has to know.
/// </summary>
internal sealed class PeerGoneException(string reason) : Exception(reason);
