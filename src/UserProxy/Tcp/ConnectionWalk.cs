namespace UserProxy.Tcp;

/// <summary>
/// A walk over the running connections of one service port that holds their lock for a few at a time only: tens of thousands must not keep new ones waiting.
/// Connections that end meanwhile are left out; each of the others is met once.
/// </summary>
internal sealed class ConnectionWalk(LiveConnections live, Connection? first) : IDisposable
{
    private const int StepLength = 128;

    private readonly Connection[] _step = new Connection[StepLength];

    /// <summary>Where the next step begins; moved on by <see cref="LiveConnections"/> when that one ends. Touched only there.</summary>
    internal Connection? Next { get; set; } = first;

    /// <summary>The next few; empty at the end.</summary>
    public ReadOnlyMemory<Connection> Step() => _step.AsMemory(0, live.Step(this, _step));

    public void Dispose() => live.End(this);
}
