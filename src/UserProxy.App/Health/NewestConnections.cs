using Microsoft.AspNetCore.Connections;

namespace UserProxy.App.Health;

/// <summary>
/// At most so many connections of <see cref="HttpPorts"/>: the oldest gives way to a new one. Answers take milliseconds, so the oldest of a crowd waits for a
/// client that says nothing, and whoever opens many of those does not shut out the kubelet's probe.
/// </summary>
internal sealed class NewestConnections(int most)
{
    private readonly LinkedList<ConnectionContext> _open = [];

    /// <summary>From the accept loop of any port.</summary>
    public void Add(ConnectionContext connection)
    {
        ConnectionContext? oldest = null;
        LinkedListNode<ConnectionContext> place;
        lock (_open)
        {
            place = _open.AddLast(connection);
            if (_open.Count > most)
            {
                oldest = _open.First!.Value;
                _open.RemoveFirst();
            }
        }

        // At once when it is over already.
        connection.ConnectionClosed.Register(() => Remove(place));
        oldest?.Abort(new ConnectionAbortedException("there are too many, and this is the oldest"));
    }

    private void Remove(LinkedListNode<ConnectionContext> place)
    {
        lock (_open)
        {
            if (place.List is not null) _open.Remove(place);
        }
    }
}
