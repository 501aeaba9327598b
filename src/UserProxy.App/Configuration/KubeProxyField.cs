using YamlDotNet.RepresentationModel;

namespace UserProxy.App.Configuration;

/// <summary>One field of kube-proxy's configuration and its fate here. All of them: <see cref="KubeProxyFields"/>.</summary>
/// <param name="Name">With its path, <c>ipvs.scheduler</c>; a name that ends in a dot stands for everything below it.</param>
/// <param name="Why">In a clause for people: what it does here, or why it does nothing.</param>
/// <param name="Apply">Null: ignored.</param>
internal sealed record KubeProxyField(string Name, string Why, Func<RunOptions, IReadOnlyList<string>, RunOptions>? Apply = null)
{
    /// <summary>The fields of our own configuration that it becomes, <c>defaults.idleTimeout</c>; none where it changes nothing.</summary>
    public IReadOnlyList<string> Becomes { get; init; } = [];

    /// <summary>Kube-proxy has it, or had it: its meaning is understood.</summary>
    public bool IsKnown { get; init; } = true;

    /// <summary>The mode of kube-proxy that reads it; null for all.</summary>
    public string? Mode { get; init; }

    /// <summary>Why this value of a honoured field is ignored all the same; null when it is not.</summary>
    public Func<YamlNode, string?> IgnoredBecause { get; init; } = _ => null;

    /// <summary>What must be decided when this value is ignored, in view of the whole file; null when nothing.</summary>
    public Func<YamlNode, YamlMappingNode, string?> Decision { get; init; } = (_, _) => null;

    /// <summary>The field of our own configuration that decides it.</summary>
    public string? DecidedBy { get; init; }

    /// <summary>A value that looks like "not set" and says something here all the same.</summary>
    public string? MeantZero { get; init; }
}
