using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.App.Configuration;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Client.Access;
using UserProxy.Kubernetes.Manifests;
using UserProxy.Model;

namespace UserProxy.App.Check;

/// <summary>
/// Reads configuration files and manifests as <c>run</c> would, all manifests together, and gathers what <c>run</c> would complain about.
/// Touches nothing.
/// </summary>
internal sealed partial class FileCheck
{
    private readonly List<Finding> _findings = [];
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly List<string> _manifests = [];
    private readonly Dictionary<string, byte[]> _given = [];
    private ManifestState _state = new();
    private readonly List<RunOptions> _options = [];
    private int _configurations;

    public IReadOnlyList<Finding> Findings => _findings;

    public bool HasErrors => _findings.Exists(finding => finding.Kind == FindingKind.Problem);

    public bool HasWarnings => _findings.Exists(finding => finding.Kind == FindingKind.Warning);

    /// <summary>There was nothing to check in what was named; <c>run</c> would wait for it to be filled.</summary>
    public bool FoundNothing => _configurations == 0 && !HasErrors && _state is { Services.Count: 0, EndpointSlices.Count: 0, Nodes.Count: 0 };

    public string Summary =>
        $"{Count(_configurations, "configuration")}, {Count(_state.Services.Count, "Service")}, "
        + $"{Count(_state.EndpointSlices.Count, "EndpointSlice")}, {Count(_state.Nodes.Count, "Node")}: "
        + Count(_findings.Count(finding => finding.Kind == FindingKind.Problem), "problem")
        + (HasWarnings ? $", {Count(_findings.Count(finding => finding.Kind == FindingKind.Warning), "warning")}" : "");

    public static FileCheck Of(IEnumerable<string> paths, Surroundings surroundings)
    {
        var (check, time) = (new FileCheck(), surroundings.Time);
        // A run that is started from here would read it as little.
        check._findings.AddRange(UnknownVariables.In(surroundings).Select(slip => new Finding("environment", slip, FindingKind.Note)));
        foreach (string path in paths) check.Read(path, time);
        check._state = new ManifestFiles(check._manifests, time, check._given).Refresh();
        check._findings.AddRange(check._state.Problems.Select(problem => FromText(problem.File, problem.ToString()) with { Kind = KindOf(problem) }));
        check.BuildTables();
        return check;
    }

    /// <summary>A folder is one of manifests, whatever else is in it, as for <c>run</c>; a file is told by what is in it.</summary>
    private void Read(string path, TimeProvider time)
    {
        try
        {
            if (!_seen.Add(Path.GetFullPath(path))) return;
            if (Directory.Exists(path))
            {
                _manifests.Add(path);
                return;
            }

            // Once, whatever it is: a pipe has nothing to give a second time.
            if (ManifestReader.TryReadFile(path, out var bytes) is { } unreadable)
            {
                _findings.Add(FromText(path, unreadable.Problems[0].ToString()));
                return;
            }

            string text = bytes.Length <= ManifestReader.MaxFileBytes ? ConfigurationFile.TextOf(bytes) : "";
            if (FileClues.IsConfiguration(text)) ReadConfiguration(path, text, time);
            else if (FileClues.IsKubeconfig(text)) ReadKubeconfig(path, bytes, time);
            else
            {
                _manifests.Add(path);
                _given.Add(path, bytes);
            }
        }
        catch (ArgumentException e)
        {
            _findings.Add(new Finding(path, $"cannot be read: {e.Message}"));
        }
    }

    /// <summary>Who and where the API server is, with the files that it names; nobody is asked.</summary>
    private void ReadKubeconfig(string path, byte[]? bytes, TimeProvider time)
    {
        _configurations++;
        try
        {
            ClusterAccess.FromKubeconfig(path, time, NullLogger.Instance, content: bytes);
        }
        catch (ClusterAccessException e)
        {
            _findings.Add(FromText(path, e.Message));
        }
    }

    private void ReadConfiguration(string path, string text, TimeProvider time)
    {
        _configurations++;
        try
        {
            var file = ConfigurationFile.Parse(path, text);
            _findings.AddRange(file.Unknown.Select(unknown => FromText(path, unknown) with { Kind = FindingKind.Warning }));
            var options = RunOptionsReader.WithOneSource(RunOptionsReader.Apply(new RunOptions(), file.Values, file.Problems));
            _findings.AddRange(file.Warnings.Select(warning => FromText(path, warning) with { Kind = FindingKind.Note }));
            if (file.Ignored.Count > 0)
                _findings.Add(new Finding(path, $"without meaning here and ignored: {string.Join(", ", file.Ignored)}", FindingKind.Note));
            _options.Add(options);
            ReadSource(path, options, time);
        }
        catch (ConfigurationException e)
        {
            _findings.AddRange(e.Problems.Select(problem => FromText(path, problem)));
        }
    }

    /// <summary>The files that a configuration names, as far as they are there: it may be meant for another machine.</summary>
    private void ReadSource(string path, RunOptions options, TimeProvider time)
    {
        _findings.AddRange(
            RunOptionsReader.Missing(options).Select(missing => new Finding(path, $"{missing} on this machine; run would not start here", FindingKind.Note)));
        _manifests.AddRange(options.Manifests.Where(named => (File.Exists(named) || Directory.Exists(named)) && _seen.Add(Path.GetFullPath(named))));
        if (File.Exists(options.Kubeconfig) && _seen.Add(Path.GetFullPath(options.Kubeconfig))) ReadKubeconfig(options.Kubeconfig, null, time);
    }

    /// <summary>
    /// One table for each value of the label that divides Services among proxies: whoever serves them, their mistakes are found. What another proxy could serve
    /// of its own is not asked: of these it is said that they are left to it.
    /// </summary>
    private void BuildTables()
    {
        var services = _state.Services;
        var node = _state.Nodes.Count > 0 ? _state.Nodes[0] : null;
        var issues = new HashSet<TableIssue>();
        string? ours = _options is [{ ServeLabel: var given }] ? given : null;
        var labels = services.Select(service => service.Metadata.Labels?.GetValueOrDefault(WellKnown.ServiceProxyNameLabel));
        foreach (string? label in labels.Append(ours).Distinct())
        {
            var options = OptionsFor(node?.Metadata.Name ?? "", label);
            var table = ClusterCache.Build(1, services, _state.EndpointSlices, node, options, unreadEndpoints: _state.Endpoints);
            issues.UnionWith(table.Issues);
            if (label != ours) continue;
            issues.UnionWith(ServiceDiagnosis.Of(_state, table));
            issues.UnionWith(FileDiagnosis.Of(_state, table, _options is [{ NodePortAddresses: var at }] ? at : NodePortAddresses.Any));
        }

        foreach (var issue in issues) _findings.Add(FromIssue(issue));
    }

    /// <summary>
    /// What the configuration that is checked with them has served. Without one it is everything that a node could be told to serve: what no configuration
    /// makes right is a mistake.
    /// </summary>
    private BuildOptions OptionsFor(string nodeName, string? label)
    {
        var everything = new BuildOptions
        {
            NodeName = nodeName,
            ServeLabel = label,
            ClusterIPs = true,
            LoadBalancerIPs = true,
            ExternalIPs = [new CidrBlock(IPAddress.Any, 0), new CidrBlock(IPAddress.IPv6Any, 0)],
        };
        return _options is not [var given] ? everything : everything with
        {
            ClusterIPs = given.ClusterIPs != ClusterIPsChoice.Off,
            LoadBalancerIPs = given.LoadBalancerIPs,
            ExternalIPs = given.ExternalIPs,
        };
    }

    private static Finding FromIssue(TableIssue issue)
    {
        var kind = KindOf(issue.Reason);
        var source = TrailingSource().Match(issue.Message);
        return source.Success
            ? new Finding(source.Groups["place"].Value, $"{issue.Subject}: {issue.Message[..source.Index]}", kind)
            : new Finding(issue.Subject, issue.Message, kind);
    }

    private static FindingKind KindOf(ManifestProblem problem) =>
        problem.IsNote ? FindingKind.Note : problem.IsWarning ? FindingKind.Warning : FindingKind.Problem;

    private static FindingKind KindOf(string reason) =>
        IssueReasons.IsNote(reason) ? FindingKind.Note : IssueReasons.IsWarning(reason) ? FindingKind.Warning : FindingKind.Problem;

    private static Finding FromText(string path, string text)
    {
        var place = LeadingPlace().Match(text);
        return place.Success ? new Finding(place.Groups["place"].Value, text[place.Length..]) : new Finding(path, text);
    }

    private static string Count(int count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";

    // The builder ends a message with the place that it is about.
    [GeneratedRegex(@" \((?<place>[^()]+:\d+)\)$")]
    private static partial Regex TrailingSource();

    [GeneratedRegex(@"^(?<place>.+?(:\d+)?): ")]
    private static partial Regex LeadingPlace();
}
