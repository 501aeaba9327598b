using Microsoft.Extensions.Logging;
using UserProxy.App.Configuration;
using UserProxy.App.Logging;

namespace UserProxy.App.Run;

/// <summary>What every part of a <c>run</c> is told: the checked settings, where it talks, and when it is to stop. Made by <see cref="NodeAgent"/>.</summary>
internal sealed record AgentContext(RunOptions Options, Surroundings Surroundings, LogOutput Logs, ILogger Log, StopSignals Signals)
{
    public TimeProvider Time => Surroundings.Time;
}
