

namespace UserProxy.App.CommandLine;

/// <summary>A question that got no good answer: what to tell the person who asked, and the exit code to end with. The words may be a tenant's.</summary>
internal sealed class AdminException(string message, int exitCode, Exception? inner = null) : Exception(PrintedLine.Of(message), inner)
{
    public int Code { get; } = exitCode;
}
