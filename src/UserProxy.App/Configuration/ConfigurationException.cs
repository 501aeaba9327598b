using UserProxy.App.CommandLine;

namespace UserProxy.App.Configuration;

/// <summary>The settings cannot be used; each problem is a full sentence for their author. Ends the command with <see cref="ExitCode.BadUsage"/>.</summary>
internal sealed class ConfigurationException(IReadOnlyList<string> problems) : Exception(string.Join("; ", problems))
{
    public IReadOnlyList<string> Problems { get; } = problems;
}
