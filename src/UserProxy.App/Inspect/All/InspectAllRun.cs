using System.Text.Json;
using UserProxy.App.CommandLine;
using UserProxy.App.Configuration;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Kubernetes.Client.Access;
using UserProxy.Linux.PortInspection;

namespace UserProxy.App.Inspect.All;

/// <summary>
/// <c>inspect --all</c> from its options to its exit code: look, judge, compare, print. <paramref name="look"/> gathers the facts, and
/// <paramref name="probe"/> adds test connections to them.
/// </summary>
internal sealed class InspectAllRun(
    InspectAllOptions options, Surroundings surroundings, UserNames users, Func<CancellationToken, Task<NodeFacts>> look,
    Func<IReadOnlyList<ListeningAddress>, CancellationToken, Task<IReadOnlyList<ListeningAddress>>> probe)
{
    /// <summary>A report of a node with ten thousand Services is 20 MB.</summary>
    private const int LargestReport = 256 << 20;

    /// <summary>
    /// 1 when something is stuck or unserved, 2 when it could not look, 64 when what was given cannot be used, 69 when the cluster does not answer.
    /// </summary>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        NodeReport report;
        try
        {
            var before = options.Diff is { } file ? await ReadReportAsync(file, surroundings, cancellation) : null;
            report = await MakeAsync(cancellation);
            if (before is not null) report = NodeChanges.Compare(report, before);
        }
        catch (ConfigurationException e)
        {
            await surroundings.ComplainAsync([.. e.Problems.Select(PrintedLine.Of)]);
            return ExitCode.BadUsage;
        }
        catch (ClusterAccessException e)
        {
            await surroundings.ComplainAsync(PrintedLine.Of(e.Message));
            return ExitCode.Unreachable;
        }

        if (options.Json) await surroundings.Out.WriteLineAsync(JsonSerializer.Serialize(report, NodeReportJson.Default.NodeReport));
        else new NodeText(surroundings.Out, Screen.Of(surroundings)).Write(report);
        await surroundings.Out.FlushAsync(CancellationToken.None);
        return CodeOf(report);
    }

    public static int CodeOf(NodeReport report) =>
        report.Unreadable ? VerdictExitCode.Other : report.Findings.Count > 0 ? ExitCode.Failed : ExitCode.Done;

    /// <exception cref="ConfigurationException">What was given cannot be read.</exception>
    /// <exception cref="ClusterAccessException">The cluster does not answer, or refuses.</exception>
    public async Task<NodeReport> MakeAsync(CancellationToken cancellation)
    {
        var asking = KnownPorts.OfProxyAsync(options.AdminSocket, surroundings, cancellation);
        var looking = look(cancellation);
        var known = await asking;
        if (known.From is null)
        {
            var declared = await DeclaredPorts.ReadAsync(options.Manifests, options.Kubeconfig, surroundings, cancellation);
            known = declared.With(known.Unseen);
        }

        var facts = await looking;
        if (options.Probe) facts = facts with { Listening = await ProbedAsync(facts.Listening, cancellation) };
        return NodeJudge.Judge(facts, known, users, surroundings.HostName, surroundings.Time.GetUtcNow());
    }

    /// <summary>
    /// Those of which nothing shows whether anybody accepts: in the queue of one that nobody accepts from a test would take a place for good.
    /// </summary>
    private async Task<IReadOnlyList<ListeningAddress>> ProbedAsync(IReadOnlyList<ListeningAddress> listening, CancellationToken cancellation)
    {
        var unknown = listening.Where(address => address.Protocol == Model.TransportProtocol.Tcp && IsOpen(Classifier.Judge(address.Facts))).ToList();
        var probed = (await probe(unknown, cancellation)).ToDictionary(address => (address.Protocol, address.Local));
        return [.. listening.Select(address => probed.GetValueOrDefault((address.Protocol, address.Local), address))];

        static bool IsOpen(Judgement judgement) =>
            judgement.Verdict is Verdict.Idle or Verdict.Unknown || (judgement.Verdict == Verdict.Handled && !judgement.IsCertain);
    }

    /// <summary><c>-</c> is standard input, for those who have the file elsewhere.</summary>
    private static async Task<NodeReport> ReadReportAsync(string file, Surroundings surroundings, CancellationToken cancellation)
    {
        try
        {
            await using var stream = file == "-" ? surroundings.OpenInput() : File.OpenRead(file);
            var report = JsonSerializer.Deserialize((await ReadAsync(file, stream, cancellation)).Span, NodeReportJson.Default.NodeReport);
            if (report is not { Kind: NodeReport.KindName, ApiVersion: ApiVersion.V1 })
                throw NotAReport(file, $"its kind is {report?.ApiVersion} {report?.Kind}");
            return HasHoles(report) ? throw NotAReport(file, "an item of a list is null") : report;
        }
        catch (JsonException e)
        {
            throw NotAReport(file, JsonFault.Of(e));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new ConfigurationException([$"--diff: {file}: {FileFault.Of(e, file)}"]);
        }
    }

    /// <summary>A pipe does not say how much there is.</summary>
    private static async Task<ReadOnlyMemory<byte>> ReadAsync(string file, Stream stream, CancellationToken cancellation)
    {
        var all = new MemoryStream();
        byte[] buffer = new byte[64 * 1024];
        while (await stream.ReadAsync(buffer, cancellation) is > 0 and var read)
        {
            if (all.Length + read > LargestReport) throw NotAReport(file, "it is too large");
            all.Write(buffer, 0, read);
        }

        return all.GetBuffer().AsMemory(0, (int)all.Length);
    }

    /// <summary>What the reader of JSON does not refuse.</summary>
    private static bool HasHoles(NodeReport report) =>
        report.Counters.Any(counter => counter is null) || report.Settings.Any(setting => setting is null) || report.Listening.Any(item =>
            item is null || item.Findings.Any(finding => finding is null) || item.Services.Any(service => service is null)
                || item.Peers.Any(peer => peer is null)
                || item.Sockets.Any(socket => socket is null || socket.Owners.Any(owner => owner is null)));

    private static ConfigurationException NotAReport(string file, string why) =>
        new([$"--diff: {file} is not what userproxy inspect --all -o json has written: {why}"]);
}

/// <summary>What <c>inspect --all</c> was asked on the command line.</summary>
/// <param name="Diff">An earlier report to compare with; null for none, <c>-</c> for standard input.</param>
/// <param name="Probe">Test connections may be made where nothing else tells.</param>
/// <param name="AdminSocket">Of the userproxy to ask which ports are for which Services; null for the usual one.</param>
/// <param name="Manifests">Where none runs.</param>
/// <param name="Kubeconfig">The same of a cluster.</param>
/// <param name="Json">For a program instead of a person.</param>
internal sealed record InspectAllOptions(
    string? Diff, bool Probe, string? AdminSocket, IReadOnlyList<string> Manifests, string? Kubeconfig, bool Json);
