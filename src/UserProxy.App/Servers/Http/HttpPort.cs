using System.Net;
using UserProxy.Serving;
using UserProxy.Tcp.Sockets;

namespace UserProxy.App.Servers.Http;

/// <summary>One address that <see cref="HttpPorts"/> listens on, until it is disposed of.</summary>
/// <param name="close">Has its socket, or its sockets, take no more clients; those who wait are taken still.</param>
/// <param name="completion">Of its accept loop.</param>
internal sealed class HttpPort(Func<ValueTask> close, Task completion) : IPortPart, IAsyncDisposable
{
    /// <summary>Its one socket; null where it is spread over several.</summary>
    public ListeningSocket? Socket { get; init; }

    public IPAddress At { get; init; } = IPAddress.None;

    /// <summary>Ends when nobody accepts any more: after the disposal, or before it by a defect.</summary>
    public Task Completion => completion;

    public bool HoldsClients => Socket is { HasQueue: true };

    public void StepAside() => Socket?.StepAside();

    public async ValueTask DisposeAsync()
    {
        await close();
        await completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
