using System.Net.Sockets;
using UserProxy.App.Run.HandOver;
using UserProxy.Linux.HandOver;

namespace UserProxy.FunctionalTests.HandOver;

/// <summary>
/// Stands between two real processes: takes the place of the predecessor's socket, and passes on what both say, with descriptors. A test can do something
/// before a word goes on.
/// </summary>
internal sealed class TakeoverRelay : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Socket _listening = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _predecessor;
    private readonly Func<TakeoverWord, Task> _before;
    private readonly Task _running;

    /// <param name="node">Its predecessor offers.</param>
    /// <param name="before">Awaited before a word of the predecessor goes on.</param>
    public TakeoverRelay(HandOverNode node, Func<TakeoverWord, Task> before)
    {
        _before = before;
        _predecessor = node.TakeoverSocket + ".away";
        File.Move(node.TakeoverSocket, _predecessor);
        _listening.Bind(new UnixDomainSocketEndPoint(node.TakeoverSocket));
        _listening.Listen();
        _running = AcceptAsync();
    }

    /// <summary>The predecessor has closed its end of the first conversation, and the successor has all that it said.</summary>
    public Task Ended => _ended.Task;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listening.Dispose();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var successor = new DescriptorChannel(await _listening.AcceptAsync(_stop.Token));
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(_predecessor), _stop.Token);
            _ = RelayAsync(successor, new DescriptorChannel(socket));
        }
    }

    private async Task RelayAsync(DescriptorChannel successor, DescriptorChannel predecessor)
    {
        bool hasTalked = false;
        using (successor)
        using (predecessor)
        {
            var there = PassOnAsync(successor, predecessor, _ => Task.CompletedTask);
            var back = PassOnAsync(
                predecessor, successor, word =>
                {
                    hasTalked |= word == TakeoverWord.Welcome;
                    return _before(word);
                });
            await Task.WhenAny(there, back);
        }

        if (hasTalked) _ended.TrySetResult();
    }

    private async Task PassOnAsync(DescriptorChannel from, DescriptorChannel to, Func<TakeoverWord, Task> before)
    {
        try
        {
            while (await from.ReceiveAsync(_stop.Token) is { } message)
            {
                using (message)
                {
                    await before((TakeoverWord)message.Kind);
                    to.Send(message.Kind, message.Payload, message.Descriptors);
                }
            }
        }
        catch (IOException)
        {
            // One of the two has closed.
        }
    }
}
