using System.Net;

namespace UserProxy.UdpLoad;

/// <summary>What is asked, by how many, how fast. Shared by the threads, which divide clients, outstanding queries and rate among them.</summary>
internal sealed record LoadSettings
{
    /// <summary>Runs before figures count: sockets are opened, code is compiled, the other side's flows exist.</summary>
    public static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(0.5);

    /// <summary>An unanswered query is lost after it. A DNS client would ask again then.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    public required IPEndPoint Server { get; init; }

    public required Questions Questions { get; init; }

    /// <summary>The addresses that client ports are taken from, in turn.</summary>
    public required IReadOnlyList<IPAddress> Sources { get; init; }

    public TimeSpan Measured { get; init; }

    public int Threads { get; init; }

    /// <summary>Sockets at one time.</summary>
    public int Clients { get; init; }

    /// <summary>Queries at one time, of all clients together.</summary>
    public int Outstanding { get; init; }

    /// <summary>After so many answers a client goes on from a new port; 0 for never.</summary>
    public int QueriesPerPort { get; init; }

    /// <summary>Queries a second of all threads together; 0 for as fast as answers come.</summary>
    public int Rate { get; init; }
}
