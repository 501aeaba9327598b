using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using UserProxy.Policy;
using UserProxy.Serving;

namespace UserProxy.Tcp.Sockets;

/// <summary>One listening socket of <see cref="SocketTransport"/>. Accepted from by one loop at a time; unbound from any thread.</summary>
/// <param name="socket">In LISTEN.</param>
/// <param name="setFilter">Has the system discard the SYNs of clients that are not admitted; null where it cannot.</param>
/// <param name="isFiltered">Whether that has been done for the admission that the socket began with.</param>
/// <param name="prepare">Told of each accepted socket.</param>
/// <param name="shared">Whether another process has the socket, too.</param>
internal sealed class SocketListener(Socket socket, SetSynFilter? setFilter, bool isFiltered, Action<Socket> prepare, SocketSharing shared) : IFilteredListener
{
    private readonly ListeningSocket _listening = new(socket, shared);

    public EndPoint EndPoint { get; } = socket.LocalEndPoint!;

    public bool IsFiltered { get; private set; } = isFiltered;

    public void SetAdmission(Admission? admission) =>
        IsFiltered = _listening.Use(socket => setFilter?.Invoke(socket.SafeHandle, socket.AddressFamily, admission) ?? admission is null);

    public AcceptQueue? ReadQueue() => _listening.Use(TcpState.ReadQueue);

    public SafeHandle? Socket => _listening.Handle;

    public ValueTask PauseAsync() => _listening.PauseAsync();

    public void Resume() => _listening.Resume();

    public void StepAside() => _listening.StepAside();

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await _listening.AcceptAsync() is { } client)
        {
            try
            {
                prepare(client);
                return new SocketConnection(client);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.NotConnected or SocketError.InvalidArgument)
            {
                // The client was gone before its options and its address could be asked for: the next one.
                client.Dispose();
            }
        }

        return null;
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => _listening.UnbindAsync();

    public ValueTask DisposeAsync()
    {
        _listening.Dispose();
        return ValueTask.CompletedTask;
    }
}
