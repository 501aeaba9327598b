namespace UserProxy.Serving;

/// <summary>Connections that the kernel has established for a listener and that wait to be accepted, and how many may.</summary>
public readonly record struct AcceptQueue(int Waiting, int Backlog)
{
    /// <summary>Nobody takes them as fast as they come. A listener that is being closed (backlog 0) is not meant.</summary>
    public bool IsAboveHalf => Backlog > 0 && Waiting > Backlog / 2;
}
