using System.Numerics;

namespace UserProxy.ProxyProtocol;

/// <summary>
/// Reads one header off a connection, in however many pieces it comes. A transport shows it what has come, and takes out of the socket what it says: never a
/// byte of the client's. What it keeps grows with what comes, up to <see cref="ProxyHeader.MaxLength"/>. Not for several threads at a time.
/// </summary>
public sealed class ProxyHeaderReader
{
    private const int LeastKept = 128;

    private byte[] _kept = [];
    private int _held;

    /// <summary>There is nothing left to read.</summary>
    public bool IsOver { get; private set; }

    /// <summary>The header; null when there was none.</summary>
    public ProxyHeader? Header { get; private set; }

    /// <summary>What was wrong; null with a header, and when the peer has left before it sent anything.</summary>
    public ProxyHeaderFault? Fault { get; private set; }

    /// <summary>Returns how many of the bytes that are waiting to take out of the socket.</summary>
    /// <param name="waiting">At least one.</param>
    public int Look(ReadOnlySpan<byte> waiting)
    {
        waiting = waiting[..Math.Min(waiting.Length, ProxyHeader.MaxLength - _held)];
        if (_held > 0) Keep(waiting);
        switch (ProxyHeaderParser.Parse(_held > 0 ? _kept.AsSpan(0, _held + waiting.Length) : waiting, out var header, out var fault))
        {
            case ParseResult.Complete:
                Header = header;
                IsOver = true;
                return header.Length - _held;
            case ParseResult.Invalid:
                Fault = fault;
                IsOver = true;
                return 0;
            default:
                // All of them belong to it.
                if (_held == 0) Keep(waiting);
                _held += waiting.Length;
                return waiting.Length;
        }
    }

    /// <summary>The peer sends no more: FIN, RST, or it does not answer. Health checks of load balancers do so at once.</summary>
    public void PeerLeft()
    {
        if (IsOver) return;
        IsOver = true;
        if (_held > 0) Fault = ProxyHeaderFault.CutShort;
    }

    /// <summary>Whatever has come: the connection is closed for it.</summary>
    public void TimedOut()
    {
        IsOver = true;
        Header = null;
        Fault = ProxyHeaderFault.Timeout;
    }

    private void Keep(ReadOnlySpan<byte> more)
    {
        int length = _held + more.Length;
        if (length > _kept.Length) Array.Resize(ref _kept, Math.Max(LeastKept, (int)BitOperations.RoundUpToPowerOf2((uint)length)));
        more.CopyTo(_kept.AsSpan(_held));
    }
}
