namespace UserProxy.Linux.Kernel;

/// <summary>struct linger of socket(7).</summary>
internal struct Linger
{
    public int OnOff;
    public int Seconds;
}
