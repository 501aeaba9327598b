using System.Net;
using UserProxy.Model;

namespace UserProxy.Linux.PortInspection;

/// <summary>
/// Looks at all listening sockets of this network namespace: one reading of each of the kernel's tables, and another 0.4 s later of those that have somebody
/// waiting. Makes no connection unless it is told to; changes nothing; never throws. Memory is bounded by <see cref="NodeReading"/>. Called by
/// <c>userproxy inspect --all</c>.
/// </summary>
public static class NodeInspector
{
    /// <summary>Test connections that are open at a time.</summary>
    private const int ProbesAtATime = 32;

    /// <param name="question">How.</param>
    /// <param name="time">Measures and waits.</param>
    /// <param name="cancellation">Ends it early, with the facts so far.</param>
    public static async Task<NodeFacts> LookAsync(NodeQuestion question, TimeProvider time, CancellationToken cancellation)
    {
        long began = time.GetTimestamp();
        using var table = SocketTable.Open();
        var countersBefore = ProtocolCounters.ReadTelling();
        var listenBefore = ListenCounters.Read();
        var reading = new NodeReading();
        reading.ReadFirst(table);
        long readAt = time.GetTimestamp();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(question.Timings.Owners);
        var inodes = reading.Inodes();
        var walking = Task.Run(() => SocketOwners.Find(inodes, limit.Token), CancellationToken.None);
        var between = TimeSpan.Zero;
        if (reading.IsWorthASecondLook)
        {
            var rest = question.Timings.Settle - time.GetElapsedTime(readAt);
            if (rest > TimeSpan.Zero) await Task.Delay(rest, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            reading.ReadAgain(table);
            between = time.GetElapsedTime(readAt);
        }

        var owners = await walking;
        var facts = new PortFacts
        {
            Question = new PortQuestion { Port = 0, Probe = false, OwnAddresses = question.OwnAddresses, Timings = question.Timings },
            Before = [],
            After = [],
            Between = between,
            CountersBefore = listenBefore,
            CountersAfter = ListenCounters.Read(),
            Owners = owners,
            Source = table.Source,
        };
        var listening = reading.ToAddresses(facts);
        return new NodeFacts
        {
            Listening = listening,
            Owners = owners,
            WithoutListener = reading.WithoutListener,
            Peers = reading.Peers,
            PeersUncounted = reading.PeersUncounted,
            CountersBefore = countersBefore,
            CountersAfter = ProtocolCounters.ReadTelling(),
            Settings = QueueSettings.Read(),
            Between = between,
            Source = table.Source,
            TableUnreadable = table.Trouble is not null && !reading.IsCutOff,
            Unseen = [.. Unseen(table, reading, owners, listening)],
            Elapsed = time.GetElapsedTime(began),
        };
    }

    /// <summary>The same addresses, each with a test connection: what <c>inspect PORT</c> does for one port, for several at once.</summary>
    /// <param name="addresses">Of TCP.</param>
    /// <param name="time">Measures and waits.</param>
    /// <param name="cancellation">Ends it early.</param>
    public static async Task<IReadOnlyList<ListeningAddress>> ProbeAsync(
        IReadOnlyList<ListeningAddress> addresses, TimeProvider time, CancellationToken cancellation)
    {
        var probed = new List<ListeningAddress>();
        foreach (var some in addresses.Chunk(ProbesAtATime))
        {
            var tests = some.Select(address => (Address: address, Test: TestOf(address, time))).ToList();
            try
            {
                await Task.WhenAll(tests.Select(test => OpenAsync(test.Test, cancellation)));
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
                limit.CancelAfter(some[0].Facts.Question.Timings.Owners);
                HashSet<ulong> inodes = [.. tests.Select(test => test.Test?.Facts.Child?.Inode ?? 0).Where(inode => inode != 0)];
                var owners = SocketOwners.Find(inodes, limit.Token);
                foreach (ulong inode in inodes)
                {
                    foreach (var owner in owners.Of(inode)) some[0].Facts.Owners.Add(inode, owner);
                }

                await Task.WhenAll(tests.Select(test => test.Test?.EndAsync(cancellation) ?? Task.CompletedTask));
                probed.AddRange(tests.Select(test => test.Test is null ? test.Address : test.Address with
                {
                    Facts = test.Address.Facts with
                    {
                        Question = test.Address.Facts.Question with { Probe = true },
                        Probes = [test.Test.Facts],
                    },
                }));
            }
            finally
            {
                foreach (var (_, test) in tests) test?.Dispose();
            }
        }

        return probed;
    }

    private static TestConnection? TestOf(ListeningAddress address, TimeProvider time)
    {
        var question = address.Facts.Question with { Probe = address.Protocol == TransportProtocol.Tcp };
        return PortInspector.Targets(question, [.. address.Sockets]) is [var first, ..] ? new TestConnection(first, question.Timings, time) : null;
    }

    private static async Task OpenAsync(TestConnection? test, CancellationToken cancellation)
    {
        if (test is null) return;
        using var table = SocketTable.Open();
        await test.OpenAsync(table, cancellation);
    }

    internal static IEnumerable<string> Unseen(
        SocketTable table, NodeReading reading, SocketOwners owners, IReadOnlyList<ListeningAddress> listening)
    {
        if (table.Trouble is { } trouble) yield return $"sockets: {trouble}{(reading.IsCutOff ? "; there are more connections than are counted here" : "")}";
        if (owners.Unreadable > 0) yield return $"owners: the descriptors of {owners.Unreadable} processes of other users cannot be read without root";
        if (owners.IsIncomplete) yield return "owners: there are too many processes to look at all of them in time";
        // All processes that are here were looked at, and none has them.
        int elsewhere = listening.SelectMany(address => address.Sockets).Count(socket => socket.IsOwned && owners.Of(socket.Inode).Count == 0);
        if (elsewhere > 0 && owners is { Unreadable: 0, IsIncomplete: false })
        {
            yield return elsewhere == 1
                ? "owners: 1 socket is of a process of another PID namespace: look from the host's"
                : $"owners: {elsewhere} sockets are of processes of another PID namespace: look from the host's";
        }
    }
}

/// <summary>What <see cref="NodeInspector"/> is asked.</summary>
public sealed record NodeQuestion
{
    /// <summary>The addresses of this node's interfaces: where test connections go, if there are to be any.</summary>
    public IReadOnlyList<IPAddress> OwnAddresses { get; init; } = [];

    /// <summary>The walk over all processes finds the owners of all sockets: it may take longer than for one port.</summary>
    public InspectionTimings Timings { get; init; } = new() { Owners = TimeSpan.FromSeconds(1) };
}
