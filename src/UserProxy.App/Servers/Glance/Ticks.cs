namespace UserProxy.App.Servers.Glance;

/// <summary>
/// When the <see cref="Sampler"/> has looked: a number for each look, and the times of the last six. All windows share it, so that none of them keeps times of
/// its own. One thread.
/// </summary>
internal sealed class Ticks(TimeProvider time)
{
    /// <summary>Rates are means over five seconds: of one second they would jump, and of more they would lag.</summary>
    public const int Window = 5;

    /// <summary>Places of a ring that has both ends of the window.</summary>
    public const int Places = Window + 1;

    private readonly long[] _at = new long[Places];

    /// <summary>Of the newest look; 0 is the first.</summary>
    public int Number { get; private set; } = -1;

    /// <summary>Where the newest look is in a ring.</summary>
    public int Newest => Number % Places;

    /// <summary>Where the oldest is; until there are enough looks, the first.</summary>
    public int Oldest => Number < Window ? 0 : (Number + 1) % Places;

    /// <summary>Between these two.</summary>
    public TimeSpan Span => time.GetElapsedTime(_at[Oldest], _at[Newest]);

    public void Next()
    {
        Number++;
        _at[Newest] = time.GetTimestamp();
    }
}
