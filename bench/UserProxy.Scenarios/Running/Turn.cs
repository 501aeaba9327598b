using System.Net;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Load;
using UserProxy.Scenarios.Paths;

namespace UserProxy.Scenarios.Running;

/// <summary>A path's turn at a scenario: what the scenario may use.</summary>
internal sealed class Turn(TestBed bed, TrafficPath path, RunningPath? serving, RunSettings settings, Ledger ledger)
{
    public TestBed Bed { get; } = bed;

    public TrafficPath Path { get; } = path;

    public RunSettings Settings { get; } = settings;

    /// <summary>What scenarios have told each other.</summary>
    public Ledger Ledger { get; } = ledger;

    /// <summary>The path at work on its standard Services.</summary>
    public RunningPath Serving => serving ?? throw new InvalidOperationException("this scenario starts the path itself");

    public IPEndPoint AddressOf(Service service) => Serving.AddressOf(service);

    /// <summary>Processor time that a load takes, by who spends it.</summary>
    public async Task<(T Result, CpuUse Cpu)> WithCpuAsync<T>(Func<Task<T>> load)
    {
        var before = ProcessTree.Cpu(Serving.ProcessIds);
        var result = await load();
        return (result, ProcessTree.Cpu(Serving.ProcessIds) - before);
    }
}
