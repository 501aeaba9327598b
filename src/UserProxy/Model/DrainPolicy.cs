namespace UserProxy.Model;

/// <summary>
/// What happens to the established connections of an endpoint that left a Service. Null leaves them alone, as kube-proxy does; zero resets them at the swap; a
/// duration resets them when it has passed.
/// </summary>
public readonly record struct DrainPolicy(TimeSpan? After)
{
    public static DrainPolicy None => default;

    public static DrainPolicy Immediate => new(TimeSpan.Zero);

    public override string ToString() => After is not { } after ? "none" : after == TimeSpan.Zero ? "immediate" : GoDuration.Format(after);
}
