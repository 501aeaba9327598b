namespace UserProxy.App.Admin;

/// <summary>A question that got no good answer: what to tell the person who asked, and the exit code to end with.</summary>
internal sealed class AdminException(string message, int exitCode, Exception? inner = null) : Exception(message, inner)
{
    public int Code { get; } = exitCode;
}
