using UserProxy.Kubernetes.Building;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Manifests;

/// <summary>
/// One look at manifests with nothing served: what <c>check</c> prints. <see cref="Problems"/> are the faults and notes of reading, in the
/// order of the files and lines; the issues of <see cref="Table"/> are what only shows in the whole (a NodePort used twice, a bad address).
/// </summary>
public sealed record ManifestCheck(IReadOnlyList<ManifestProblem> Problems, ServiceTable Table)
{
    /// <summary>Nothing but notes.</summary>
    public bool IsClean => Problems.All(problem => problem.IsNote) && Table.Issues.Count == 0;

    /// <summary>Takes files, pipes and folders; never throws for what they hold.</summary>
    public static ManifestCheck Run(IEnumerable<string> paths, BuildOptions options)
    {
        var contents = paths
            .SelectMany(path => Directory.Exists(path) ? FilesOf(path) : [path])
            .DistinctBy(Path.GetFullPath)
            .Select(ManifestReader.ReadFile)
            .ToList();
        var state = ManifestState.Merge(contents.Select(content => (content, (IReadOnlyList<ManifestProblem>)[])), []);
        var table = ServiceTableBuilder.Build(1, state.Services, state.EndpointSlices, state.NodeNamed(options.NodeName), options, state.Issues);
        return new ManifestCheck([.. contents.SelectMany(content => content.Problems)], table);
    }

    /// <summary>A folder that cannot be listed stands for itself, so that reading it says why.</summary>
    private static IEnumerable<string> FilesOf(string folder)
    {
        var look = PathLook.Of(folder);
        return look.Exists ? look.Files.Select(file => file.Path).Concat(look.Unreadable) : [folder];
    }
}
