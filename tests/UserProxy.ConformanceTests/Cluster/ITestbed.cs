using UserProxy.FunctionalTests.Cluster;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.ConformanceTests.Cluster;

/// <summary>
/// Where a run asks: two nodes, three Pods and a client outside, and how each of them asks. They are namespaces of this machine, or Pods of a cluster. What is
/// not there skips the case that wants it.
/// </summary>
internal interface ITestbed : IAsyncDisposable
{
    Host Client { get; }

    Host NodeA { get; }

    Host NodeB { get; }

    Pod PodA1 { get; }

    Pod PodA2 { get; }

    Pod PodB1 { get; }

    /// <summary>Who asks whom, for the head of the table.</summary>
    string Description { get; }

    /// <summary>The names of all who answer.</summary>
    IReadOnlySet<string> Names { get; }

    /// <summary>Why <paramref name="from"/> cannot ask this here; null when it can.</summary>
    string? WhyNot(Host from, Target target);

    /// <summary>Who answers one new client, or how it fails.</summary>
    Task<string> AskAsync(Host from, Target target);

    /// <summary>What an echo at <see cref="PodServers.Echo"/> sends back, or how it fails.</summary>
    Task<string> EchoAsync(Host from, Target target, string text);

    /// <summary>A UDP client that keeps its port.</summary>
    DatagramClient Connect(Host from, Target target);

    /// <summary>By which address a node sees a client that asks it directly, without a Service.</summary>
    Task<string> SeenByAsync(Host node, Host from);
}
