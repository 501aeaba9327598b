using System.Net;
using System.Net.Sockets;
using UserProxy.Model;

namespace UserProxy.Linux.PortInspection;

/// <summary>
/// Gathers the facts about one port of this network namespace: its sockets twice, one test connection for each address that matters, the owners of what was
/// found, and rules that name the port. Bounded by <see cref="InspectionTimings"/>; changes nothing but what a client would; never throws. Called by
/// <c>userproxy inspect</c>.
/// </summary>
public static class PortInspector
{
    // A node may have hundreds of addresses; a NodePort that is not at the first of each family is an exception.
    private const int MostAddresses = 4;

    /// <param name="question">Which port, and how.</param>
    /// <param name="time">Measures and waits.</param>
    /// <param name="cancellation">Ends it early, with the facts so far.</param>
    public static async Task<PortFacts> LookAsync(PortQuestion question, TimeProvider time, CancellationToken cancellation) =>
        (await LookAsync([question], time, cancellation))[0];

    /// <summary>Ports side by side. The rules of this node are listed once for all of them.</summary>
    /// <param name="questions">Which ports, and how.</param>
    /// <param name="time">Measures and waits.</param>
    /// <param name="cancellation">Ends it early, with the facts so far.</param>
    public static async Task<IReadOnlyList<PortFacts>> LookAsync(IReadOnlyList<PortQuestion> questions, TimeProvider time, CancellationToken cancellation)
    {
        if (questions.Count == 0) return [];
        var searching = new RuleSearch([.. questions.Select(question => (question.Protocol, question.Port))])
            .RunAsync(questions[0].Timings.Rules, cancellation);
        return await Task.WhenAll(questions.Select((question, at) => LookAsync(question, searching, at, time, cancellation)));
    }

    private static async Task<PortFacts> LookAsync(
        PortQuestion question, Task<IReadOnlyList<FoundRules>> searching, int at, TimeProvider time, CancellationToken cancellation)
    {
        long began = time.GetTimestamp();
        using var table = SocketTable.Open();
        var countersBefore = ListenCounters.Read();
        var before = table.OfPort(question.Protocol, question.Port);
        long readAt = time.GetTimestamp();

        var connections = Targets(question, before).Select(target => new TestConnection(target, question.Timings, time)).ToList();
        try
        {
            if (connections.Count > 0) await Task.WhenAll(connections.Select(connection => OpenAsync(connection, cancellation)));
            // Test connections come to one of several sockets: whether the others' queues move takes as long to see as without a test.
            if (IsWorthASecondLook(before)
                && (connections.Count == 0 || IsShared(before)) && question.Timings.Settle - time.GetElapsedTime(readAt) is var rest && rest > TimeSpan.Zero)
                await Task.Delay(rest, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var after = WithoutOurs(table.OfPort(question.Protocol, question.Port), connections);
            var between = time.GetElapsedTime(readAt);
            var kept = question.Protocol == TransportProtocol.Tcp && !after.Exists(row => row.State == SocketState.Listen)
                ? WithoutOurs(table.InTimeWait(question.Port), connections)
                : [];
            var countersAfter = ListenCounters.Read();
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            // Whether each of several sockets is accepted from is told by its owner alone: that walk must not end early on a busy node.
            limit.CancelAfter(IsShared(after) ? 4 * question.Timings.Owners : question.Timings.Owners);
            var owners = SocketOwners.Find(InodesOf(after, connections), limit.Token);
            await Task.WhenAll(connections.Select(connection => connection.EndAsync(cancellation)));
            var rules = (await searching)[at];
            return new PortFacts
            {
                Question = question,
                Before = before,
                After = after,
                Kept = kept,
                Probes = [.. connections.Select(connection => connection.Facts)],
                Between = between,
                CountersBefore = countersBefore,
                CountersAfter = countersAfter,
                Owners = owners,
                Rules = rules.Hints,
                Chains = rules.Chains,
                Source = table.Source,
                TableUnreadable = table.Trouble is not null,
                Unseen = [.. Unseen(table, owners), .. rules.Unseen],
                Elapsed = time.GetElapsedTime(began),
            };
        }
        finally
        {
            foreach (var connection in connections) connection.Dispose();
        }
    }

    /// <summary>
    /// Which addresses are tried. The one that was asked for, alone. Else each address that is listened on; for a wildcard, loopback and the node's first
    /// address of that family, because NAT may take what goes to the one and not to the other. Where nobody listens, loopback and the node's first addresses:
    /// that is where rules for NodePorts answer.
    /// </summary>
    internal static List<IPEndPoint> Targets(PortQuestion question, IReadOnlyList<SocketRow> sockets)
    {
        if (!question.Probe || question.Protocol != TransportProtocol.Tcp) return [];
        if (question.Address is { } asked) return [new IPEndPoint(asked, question.Port)];
        var listeners = sockets.Where(row => row.State == SocketState.Listen).ToList();
        var addresses = new List<IPAddress>();
        foreach (var listener in listeners)
        {
            var bound = listener.Local.Address;
            if (!bound.IsWildcard())
            {
                addresses.Add(bound);
                continue;
            }

            // One that takes both families is tried with one: each connection that nobody accepts takes a place in its queue.
            // Beside another that has IPv4, one of both families is met by IPv6 alone.
            bool four = listener.Takes(IPAddress.Loopback)
                && (bound.Equals(IPAddress.Any) || !listeners.Exists(other => other.Local.Address.Equals(IPAddress.Any)));
            addresses.Add(four ? IPAddress.Loopback : IPAddress.IPv6Loopback);
            addresses.AddRange(Own(four ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6, 1));
        }

        if (listeners.Count == 0)
        {
            addresses.AddRange([
                IPAddress.Loopback, .. Own(AddressFamily.InterNetwork, MostAddresses),
                IPAddress.IPv6Loopback, .. Own(AddressFamily.InterNetworkV6, MostAddresses)]);
        }

        return [.. addresses.Distinct().Take(2 * (MostAddresses + 1)).Select(address => new IPEndPoint(address, question.Port))];

        // A link-local address needs the link beside it.
        IEnumerable<IPAddress> Own(AddressFamily family, int most) =>
            question.OwnAddresses.Where(address => address.AddressFamily == family && !IPAddress.IsLoopback(address) && !address.IsIPv6LinkLocal).Take(most);
    }

    private static async Task OpenAsync(TestConnection connection, CancellationToken cancellation)
    {
        using var table = SocketTable.Open();
        await connection.OpenAsync(table, cancellation);
    }

    // Whether queues move: an idle listener's say nothing, however long one looks.
    private static bool IsWorthASecondLook(List<SocketRow> sockets) => sockets.Exists(row => row.IsUnaccepted || row.ReceiveQueue > 0);

    private static bool IsShared(List<SocketRow> sockets) =>
        sockets.Where(row => row.State == SocketState.Listen).CountBy(row => row.Local).Any(count => count.Value > 1);

    private static List<SocketRow> WithoutOurs(List<SocketRow> sockets, List<TestConnection> connections)
    {
        var ours = connections.Where(connection => connection.Facts.Child is not null).Select(
            connection => (connection.Facts.Child!.Value.Local, connection.Facts.Child.Value.Remote)).ToHashSet();
        return ours.Count == 0 ? sockets : [.. sockets.Where(row => !ours.Contains((row.Local, row.Remote)))];
    }

    private static HashSet<ulong> InodesOf(List<SocketRow> sockets, List<TestConnection> connections) =>
        [.. sockets.Concat(connections.Select(connection => connection.Facts.Child ?? default)).Select(row => row.Inode).Where(inode => inode != 0)];

    private static IEnumerable<string> Unseen(SocketTable table, SocketOwners owners)
    {
        if (table.Trouble is { } trouble) yield return $"sockets: {trouble}";
        if (owners.Unreadable > 0) yield return $"owners: the descriptors of {owners.Unreadable} processes of other users cannot be read without root";
        if (owners.IsIncomplete) yield return "owners: there are too many processes to look at all of them in time";
    }
}
