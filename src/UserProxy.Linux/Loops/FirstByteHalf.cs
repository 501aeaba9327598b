using UserProxy.Tracing;

namespace UserProxy.Linux.Loops;

/// <summary>
/// One direction of a connection that somebody follows: the direction itself, and a look after each move until its first byte is through. Others are not
/// wrapped and pay nothing. A ring comes back to the relay when its first send has ended.
/// </summary>
internal sealed class FirstByteHalf : LoopHalf
{
    private readonly LoopHalf _half;
    private readonly TraceFlow _trace;
    private readonly bool _isIn;
    private bool _isSeen;

    private FirstByteHalf(LoopHalf half, TraceFlow trace, bool isIn)
        : base(half.To) => (_half, _trace, _isIn) = (half, trace, isIn);

    public override long Bytes => _half.Bytes;

    public override bool IsDrained => _half.IsDrained;

    public override bool HoldsBytes => _half.HoldsBytes;

    /// <param name="half">The direction.</param>
    /// <param name="trace">Told; null when nobody follows the connection.</param>
    /// <param name="isIn">Towards the endpoint.</param>
    public static LoopHalf Around(LoopHalf half, TraceFlow? trace, bool isIn) => trace is null ? half : new FirstByteHalf(half, trace, isIn);

    public override bool Move()
    {
        bool more = _half.Move();
        if (!_isSeen && _half.Bytes > 0)
        {
            _isSeen = true;
            _trace.FirstByte(_isIn);
        }

        return more;
    }

    public override void Drop() => _half.Drop();
}
