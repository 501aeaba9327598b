using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.App.Configuration;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Client.Access;
using UserProxy.Kubernetes.Manifests;
using UserProxy.Kubernetes.Objects;
using UserProxy.Model;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace UserProxy.App.Check;

/// <summary>
/// Reads configuration files and manifests as <c>run</c> would, all manifests together, and gathers what <c>run</c> would complain about.
/// Touches nothing.
/// </summary>
internal sealed partial class FileCheck
{
    private const string ProxyNameLabel = "service.kubernetes.io/service-proxy-name";

    // What is served in another way than its author may think, or not at all: worth a word, not a failure.
    private static readonly string[] NoteReasons = ["AnnotationNote", "NoHealthCheckPort", "ProtocolNotServed"];

    private readonly List<Finding> _findings = [];
    private readonly List<ManifestContent> _manifests = [];
    private int _configurations;

    public IReadOnlyList<Finding> Findings => _findings;

    public bool HasErrors => _findings.Any(finding => !finding.IsNote);

    public string Summary =>
        $"{Count(_configurations, "configuration")}, {Count(_manifests.Sum(m => m.Services.Count), "Service")}, "
        + $"{Count(_manifests.Sum(m => m.EndpointSlices.Count), "EndpointSlice")}, {Count(_manifests.Sum(m => m.Nodes.Count), "Node")}: "
        + Count(_findings.Count(finding => !finding.IsNote), "problem");

    public static FileCheck Of(IEnumerable<string> paths)
    {
        var check = new FileCheck();
        foreach (string path in paths)
        {
            foreach (string file in FilesOf(path)) check.Read(file, isNamed: file == path);
        }

        check.FindDuplicates();
        check.BuildTables();
        return check;
    }

    /// <summary>A file is itself, a folder its manifests; not those of its subfolders, as for <c>run</c>.</summary>
    internal static IEnumerable<string> FilesOf(string path) => Directory.Exists(path)
        ? Directory.EnumerateFiles(path).Where(file => Path.GetExtension(file) is ".yaml" or ".yml" or ".json").Order(StringComparer.Ordinal)
        : [path];

    /// <param name="path">Of a file.</param>
    /// <param name="isNamed">By itself, and not as one of a folder, of which it may be an empty one.</param>
    private void Read(string path, bool isNamed)
    {
        try
        {
            // Once, whatever it is: a pipe has nothing to give a second time.
            if (ManifestReader.TryReadFile(path, out var bytes) is { } unreadable) AddManifest(path, unreadable);
            else if (bytes.Length <= ManifestReader.MaxFileBytes && ConfigurationFile.TextOf(bytes) is var text && ConfigurationFile.IsConfiguration(text)) ReadConfiguration(path, text);
            else if (IsKubeconfig(bytes)) ReadKubeconfig(path, bytes);
            else if (isNamed && IsEmpty(bytes)) _findings.Add(new Finding(path, "there is nothing in it: no configuration, and no Kubernetes object"));
            else AddManifest(path, ManifestReader.ReadBytes(path, bytes));
        }
        catch (ArgumentException e)
        {
            _findings.Add(new Finding(path, $"cannot be read: {e.Message}"));
        }
    }

    /// <summary>As kubectl, which refuses a file without objects.</summary>
    private static bool IsEmpty(byte[] bytes) => ConfigurationFile.TextOf(bytes).Split('\n').All(line => line.Trim() is "" or "---" or "..." or ['#', ..]);

    private static bool IsKubeconfig(byte[] bytes)
    {
        try
        {
            return bytes.Length <= ManifestReader.MaxFileBytes && BoundedYaml.Load(ConfigurationFile.TextOf(bytes)).Documents is [{ RootNode: YamlMappingNode root }, ..]
                && YamlFile.TextOf(root, "kind") is "Config";
        }
        catch (YamlException)
        {
            return false;
        }
    }

    /// <summary>Who and where the API server is, with the files that it names; nobody is asked.</summary>
    private void ReadKubeconfig(string path, byte[] bytes)
    {
        _configurations++;
        try
        {
            ClusterAccess.FromKubeconfig(path, TimeProvider.System, NullLogger.Instance, content: bytes);
        }
        catch (ClusterAccessException e)
        {
            _findings.Add(FromText(path, e.Message));
        }
    }

    private void ReadConfiguration(string path, string text)
    {
        _configurations++;
        try
        {
            var file = ConfigurationFile.Parse(path, text);
            RunOptionsReader.RequireOneSource(RunOptionsReader.Apply(new RunOptions(), file.Values, file.Problems));
            _findings.AddRange(file.Warnings.Select(warning => FromText(path, warning) with { IsNote = true }));
            if (file.Ignored.Count > 0) _findings.Add(new Finding(path, $"without meaning here and ignored: {string.Join(", ", file.Ignored)}", IsNote: true));
        }
        catch (ConfigurationException e)
        {
            _findings.AddRange(e.Problems.Select(problem => FromText(path, problem)));
        }
    }

    private void AddManifest(string path, ManifestContent content)
    {
        _manifests.Add(content);
        _findings.AddRange(content.Problems.Select(problem => FromText(path, problem.ToString()) with { IsNote = problem.IsNote }));
    }

    private void FindDuplicates()
    {
        var seen = new Dictionary<(string, string?, string?), SourceLine?>();
        IEnumerable<(string Kind, ObjectMeta Meta)> all =
        [
            .. _manifests.SelectMany(m => m.Services).Select(o => ("Service", o.Metadata)),
            .. _manifests.SelectMany(m => m.EndpointSlices).Select(o => ("EndpointSlice", o.Metadata)),
            .. _manifests.SelectMany(m => m.Nodes).Select(o => ("Node", o.Metadata)),
        ];
        foreach (var (kind, meta) in all)
        {
            var key = (kind, meta.Namespace, meta.Name);
            if (!seen.TryAdd(key, meta.Source)) _findings.Add(new Finding($"{meta.Source}", $"{kind} {meta.Namespace}/{meta.Name} is declared again; the one at {seen[key]} is served"));
        }
    }

    /// <summary>One table for each value of the label that divides Services among proxies: whoever serves them, their mistakes are found.</summary>
    private void BuildTables()
    {
        var services = _manifests.SelectMany(m => m.Services).ToList();
        var slices = _manifests.SelectMany(m => m.EndpointSlices).ToList();
        var node = _manifests.SelectMany(m => m.Nodes).FirstOrDefault();
        var endpoints = _manifests.SelectMany(m => m.Endpoints).DistinctBy(pair => pair.Key).ToDictionary();
        var issues = new HashSet<TableIssue>();
        foreach (string? label in services.Select(service => service.Metadata.Labels?.GetValueOrDefault(ProxyNameLabel)).Append(null).Distinct())
        {
            // Everything that a node could be told to serve: what no configuration makes right is a mistake.
            var options = new BuildOptions
            {
                NodeName = node?.Metadata.Name ?? "",
                ServeLabel = label,
                ClusterIPs = true,
                LoadBalancerIPs = true,
                ExternalIPs = [new CidrBlock(IPAddress.Any, 0), new CidrBlock(IPAddress.IPv6Any, 0)],
            };
            issues.UnionWith(ServiceTableBuilder.Build(1, services, slices, node, options, unreadEndpoints: endpoints).Issues);
        }

        foreach (var issue in issues) _findings.Add(FromIssue(issue));
    }

    private static Finding FromIssue(TableIssue issue)
    {
        bool isNote = NoteReasons.Contains(issue.Reason);
        var source = TrailingSource().Match(issue.Message);
        return source.Success
            ? new Finding(source.Groups["place"].Value, $"{issue.Subject}: {issue.Message[..source.Index]}", isNote)
            : new Finding(issue.Subject, issue.Message, isNote);
    }

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
