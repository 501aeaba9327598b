namespace UserProxy.Kubernetes.Manifests;

/// <summary>
/// What is wrong with one file, as it is found. Bounded, so that a file full of mistakes gives a message that can be read; and the
/// same mistake at the same place counts once (a list of aliases has one line).
/// </summary>
internal sealed class ManifestErrors(string file)
{
    private const int MaxProblems = 50;

    private readonly List<ManifestProblem> _problems = [];
    private readonly HashSet<ManifestProblem> _seen = [];
    private int _more;

    /// <summary>The Service that <see cref="Current"/> says to be of.</summary>
    private string? _service;

    /// <summary>The object that is being read: problems are put down to it.</summary>
    public ObjectKey? Current { get; private set; }

    /// <summary>How many faults were found so far, also those that are not kept: a rise says that the object is no good.</summary>
    public int Faults { get; private set; }

    /// <summary>Something was found that can be put down to no object: what is declared there is not known.</summary>
    public bool HasUnplaced { get; private set; }

    /// <param name="key">Null where it is not known which.</param>
    /// <param name="service">Namespace and name of the Service that an EndpointSlice says to be of.</param>
    public void PutDownTo(ObjectKey? key, string? service = null) => (Current, _service) = (key, service);

    public void Add(long line, string field, string message)
    {
        Faults++;
        HasUnplaced |= Current is null;
        Keep(new ManifestProblem(file, line, PrintableText.Of(field), message) { Subject = Current, Service = _service });
    }

    /// <summary>Kept beside the object, which is used all the same.</summary>
    public void Warn(long line, string field, string reason, string message)
    {
        HasUnplaced |= Current is null;
        Keep(new ManifestProblem(file, line, PrintableText.Of(field), message) { Subject = Current, Service = _service, Reason = reason });
    }

    public void Note(long line, string message) => Keep(new ManifestProblem(file, line, "", message) { IsNote = true });

    public IReadOnlyList<ManifestProblem> ToList() =>
        [.. _problems.OrderBy(problem => problem.Line), .. _more == 0
            ? []
            // What is cut off is no worse than what was found.
            : (ManifestProblem[])[new ManifestProblem(file, 0, "", $"and {_more} more problems") { IsNote = Faults == 0 }]];

    private void Keep(ManifestProblem problem)
    {
        if (_problems.Count == MaxProblems) _more++;
        else if (_seen.Add(problem)) _problems.Add(problem);
    }
}
