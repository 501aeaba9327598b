namespace UserProxy.UdpLoad;

/// <summary>One client of a <see cref="LoadThread"/>: its socket, the queries it waits for, and how many it sent from its present port.</summary>
internal sealed class FlowClient
{
    /// <summary>The low byte of an ID is the slot of the query, the high byte counts, so that a late reply is not taken for the next one.</summary>
    private const int MostOutstanding = 256;

    private readonly long[] _sentAt;
    private readonly byte[] _names;
    private readonly ushort[] _ids;
    private readonly Stack<byte> _free = new();

    public FlowClient(int outstanding)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(outstanding, MostOutstanding);
        _sentAt = new long[outstanding];
        _names = new byte[outstanding];
        _ids = new ushort[outstanding];
        for (int i = outstanding - 1; i >= 0; i--)
        {
            _ids[i] = (ushort)i;
            _free.Push((byte)i);
        }
    }

    public int Socket { get; private set; } = -1;

    public int SentFromPort { get; private set; }

    public bool HasRoom => _free.Count > 0;

    public int Waiting => _sentAt.Length - _free.Count;

    public void MoveTo(int socket)
    {
        Socket = socket;
        SentFromPort = 0;
    }

    public ushort Take(byte name, long now)
    {
        byte slot = _free.Pop();
        _sentAt[slot] = now;
        _names[slot] = name;
        SentFromPort++;
        return _ids[slot] += 0x100;
    }

    /// <summary>False when nothing waits for this ID: the query was given up, or the datagram is for someone else.</summary>
    public bool TryEnd(ushort id, out byte name, out long sentAt)
    {
        int slot = id & 0xff;
        if (slot >= _sentAt.Length || _ids[slot] != id || _sentAt[slot] == 0)
        {
            (name, sentAt) = (0, 0);
            return false;
        }
        (name, sentAt) = (_names[slot], _sentAt[slot]);
        _sentAt[slot] = 0;
        _free.Push((byte)slot);
        return true;
    }

    /// <summary>Gives up one query sent before; false when there is none.</summary>
    public bool TryExpire(long before, out long sentAt)
    {
        for (int slot = 0; slot < _sentAt.Length; slot++)
            if (_sentAt[slot] != 0 && _sentAt[slot] < before) return TryEnd(_ids[slot], out _, out sentAt);
        sentAt = 0;
        return false;
    }
}
