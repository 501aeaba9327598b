using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Objects;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Manifests;

/// <summary>All files taken together, without duplicates: what a table is built from.</summary>
internal sealed record ManifestState
{
    public IReadOnlyList<ServiceObject> Services { get; init; } = [];

    public IReadOnlyList<EndpointSliceObject> EndpointSlices { get; init; } = [];

    public IReadOnlyList<NodeObject> Nodes { get; init; } = [];

    /// <summary>See <see cref="ManifestContent.Endpoints"/>.</summary>
    public IReadOnlyDictionary<ObjectKey, SourceLine> Endpoints { get; init; } = new Dictionary<ObjectKey, SourceLine>();

    public IReadOnlyList<TableIssue> Issues { get; init; } = [];

    public IReadOnlyList<ManifestProblem> Notes { get; init; } = [];

    public NodeObject? NodeNamed(string name) => Nodes.FirstOrDefault(node => node.Metadata.Name == name);

    /// <summary>Of two objects with one identity the first counts, in the order of the files and then of the lines.</summary>
    public static ManifestState Merge(IEnumerable<(ManifestContent Content, IReadOnlyList<ManifestProblem> Problems)> files, IEnumerable<TableIssue> issues)
    {
        var seen = new Dictionary<ObjectKey, SourceLine?>();
        var services = new List<ServiceObject>();
        var slices = new List<EndpointSliceObject>();
        var nodes = new List<NodeObject>();
        var allIssues = new List<TableIssue>(issues);
        var notes = new List<ManifestProblem>();
        var endpoints = new Dictionary<ObjectKey, SourceLine>();
        foreach (var (content, problems) in files)
        {
            services.AddRange(content.Services.Where(service => IsFirst(ManifestKeys.Of(service), service.Metadata.Source)));
            slices.AddRange(content.EndpointSlices.Where(slice => IsFirst(ManifestKeys.Of(slice), slice.Metadata.Source)));
            nodes.AddRange(content.Nodes.Where(node => IsFirst(ManifestKeys.Of(node), node.Metadata.Source)));
            foreach (var (key, source) in content.Endpoints) endpoints.TryAdd(key, source);
            notes.AddRange(problems.Where(problem => problem.IsNote));
            allIssues.AddRange(problems.Where(problem => !problem.IsNote).Select(IssueOf));
        }

        return new ManifestState { Services = services, EndpointSlices = slices, Nodes = nodes, Endpoints = endpoints, Issues = allIssues, Notes = notes };

        bool IsFirst(ObjectKey key, SourceLine? source)
        {
            if (seen.TryAdd(key, source)) return true;
            string message = $"declared again at {Text(source)}; the one at {Text(seen[key])} is served";
            allIssues.Add(new TableIssue(key.ToString(), IssueReasons.DuplicateObject, message));
            return false;
        }
    }

    private static TableIssue IssueOf(ManifestProblem problem) => problem.Subject is { } subject
        ? new TableIssue(subject.ToString(), IssueReasons.InvalidObject, problem.ToString())
        : new TableIssue($"Manifest {PrintableText.Of(problem.File, 400)}", IssueReasons.InvalidManifest, problem.Text);

    private static string Text(SourceLine? source) => PrintableText.Of(source?.ToString(), 400);
}
