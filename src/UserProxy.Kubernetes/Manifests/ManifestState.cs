using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Objects;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Manifests;

/// <summary>All files taken together, without duplicates: what a table is built from.</summary>
public sealed record ManifestState
{
    public IReadOnlyList<ManifestObject> Objects { get; init; } = [];

    public IReadOnlyList<ServiceObject> Services => [.. Items.OfType<ServiceObject>()];

    public IReadOnlyList<EndpointSliceObject> EndpointSlices => [.. Items.OfType<EndpointSliceObject>()];

    public IReadOnlyList<NodeObject> Nodes => [.. Items.OfType<NodeObject>()];

    /// <summary>See <see cref="ManifestContent.Endpoints"/>.</summary>
    public IReadOnlyDictionary<ObjectKey, SourceLine> Endpoints { get; init; } = new Dictionary<ObjectKey, SourceLine>();

    /// <summary>Everything that is to be said: faults and notes, in the order of the files and then of the lines.</summary>
    public IReadOnlyList<ManifestProblem> Problems { get; init; } = [];

    /// <summary>All could be read: what is not there is not declared.</summary>
    public bool IsWhole => !Problems.Any(problem => problem.IsFault || problem.Reason == IssueReasons.UnknownKind);

    /// <summary>The faults and warnings, to stand in a table.</summary>
    public IReadOnlyList<TableIssue> Issues => [.. Problems.Where(problem => !problem.IsNote).Select(problem => problem.ToIssue())];

    public IEnumerable<ManifestProblem> Notes => Problems.Where(problem => problem.IsNote);

    private IEnumerable<object> Items => Objects.Select(one => one.Item);

    public NodeObject? NodeNamed(string name) => Nodes.FirstOrDefault(node => node.Metadata.Name == name);

    /// <summary>Of two objects with one identity the first counts, in the order of the files and then of the lines.</summary>
    /// <param name="files">What each holds, and what is to be said of it.</param>
    /// <param name="problems">Of no file of those.</param>
    public static ManifestState Merge(
        IEnumerable<(ManifestContent Content, IReadOnlyList<ManifestProblem> Problems)> files, IEnumerable<ManifestProblem> problems)
    {
        var first = new Dictionary<ObjectKey, ManifestObject>();
        var endpoints = new Dictionary<ObjectKey, SourceLine>();
        var all = problems.ToList();
        foreach (var (content, said) in files)
        {
            all.AddRange(said);
            foreach (var (key, source) in content.Endpoints) endpoints.TryAdd(key, source);
            foreach (var one in content.Objects)
            {
                if (!first.TryAdd(one.Key, one)) all.Add(ManifestProblem.Duplicate(one, first[one.Key]));
            }
        }

        return new ManifestState { Objects = [.. first.Values], Endpoints = endpoints, Problems = all };
    }
}
