namespace UserProxy.App.Health;

/// <summary>One address that <see cref="HttpPorts"/> listens on, until it is disposed of.</summary>
/// <param name="listener">Its socket, or its sockets.</param>
/// <param name="completion">Of its accept loop.</param>
internal sealed class HttpPort(IAsyncDisposable listener, Task completion) : IAsyncDisposable
{
    /// <summary>Ends when nobody accepts any more: after the disposal, or before it by a defect. Then it has to be disposed of all the same, or it stays in LISTEN.</summary>
    public Task Completion => completion;

    public async ValueTask DisposeAsync()
    {
        await listener.DisposeAsync();
        await completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
