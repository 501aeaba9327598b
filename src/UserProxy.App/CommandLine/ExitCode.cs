namespace UserProxy.App.CommandLine;

/// <summary>
/// What the process says to its caller; the same for every command. Each command chooses among them: <c>run</c> in <see cref="Run.NodeAgent"/>, those that ask
/// a running proxy by <see cref="AdminException.Code"/>, <c>inspect</c> in <see cref="Inspect.VerdictExitCode"/>, and what no command foresaw in
/// <see cref="CommandTree"/>.
/// </summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>The command failed, or found what it was asked to look for.</summary>
    public const int Failed = 1;

    /// <summary>Bad usage, configuration or manifest: trying again without changing the input is pointless (EX_USAGE of sysexits.h).</summary>
    public const int BadUsage = 64;

    /// <summary>No running proxy answers; to <c>migrate</c>: no API server (EX_UNAVAILABLE).</summary>
    public const int Unreachable = 69;
}
