namespace UserProxy.App.Servers.Http;

/// <summary>
/// At most so many clients of <see cref="HttpPorts"/>: the oldest gives way to a new one. Answers take milliseconds, so the oldest of a crowd is one that says
/// nothing or reads nothing. Whoever opens many of those does not shut out the one that asks.
/// </summary>
internal sealed class NewestClients(int most)
{
    private readonly LinkedList<HttpPortClient> _open = [];

    /// <summary>Nobody has to give way for one more.</summary>
    public bool HasRoom
    {
        get
        {
            lock (_open) return _open.Count < most;
        }
    }

    /// <summary>
    /// From here on an answer is the last of its connection: who asks again goes to the end of the queue, and nobody keeps a place by asking.
    /// </summary>
    public bool IsHalfFull
    {
        get
        {
            lock (_open) return _open.Count > most / 2;
        }
    }

    /// <summary>From the accept loop of any port.</summary>
    public void Add(HttpPortClient client)
    {
        HttpPortClient? oldest = null;
        lock (_open)
        {
            _open.AddLast(client.Place);
            if (_open.Count > most)
            {
                oldest = _open.First!.Value;
                _open.RemoveFirst();
            }
        }

        // Its socket is closed when this returns.
        oldest?.Abort();
    }

    /// <summary>When the server has closed the connection, or it counts no more: a client that has only sent its FIN is still held.</summary>
    public void Remove(HttpPortClient client)
    {
        lock (_open)
        {
            if (client.Place.List is not null) _open.Remove(client.Place);
        }
    }
}
