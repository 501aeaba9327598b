using Microsoft.Extensions.Logging;
using UserProxy.App.Configuration;
using UserProxy.App.Logging;
using UserProxy.App.Probe;
using UserProxy.App.Run.Stored;

namespace UserProxy.App.Run;

/// <summary>What every part of a <c>run</c> is told: the checked settings, where it talks, and when it is to stop. Made by <see cref="NodeAgent"/>.</summary>
internal sealed record AgentContext(RunOptions Options, Surroundings Surroundings, LogOutput Logs, ILogger Log, StopSignals Signals, ProbeSocket? Probe,
    ServiceManager? Manager, SocketStore? Store)
{
    public TimeProvider Time => Surroundings.Time;
}
