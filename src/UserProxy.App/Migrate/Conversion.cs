using UserProxy.App.Configuration;

namespace UserProxy.App.Migrate;

/// <summary>What <c>migrate convert</c> makes of kube-proxy's configuration, for <see cref="ConversionText"/>.</summary>
internal sealed record Conversion
{
    /// <summary>Where kube-proxy's configuration was read.</summary>
    public required string Source { get; init; }

    /// <summary>Of our own configuration, in the order of its reference; those under <c>defaults</c> come last.</summary>
    public required IReadOnlyList<ConvertedField> Fields { get; init; }

    /// <summary>Fields of kube-proxy that change nothing here, each with why.</summary>
    public required IReadOnlyList<LeftField> WithoutMeaning { get; init; }

    /// <summary>Fields of kube-proxy that ask for something which only a person can decide, or which nobody here knows.</summary>
    public required IReadOnlyList<LeftField> Undecided { get; init; }

    /// <summary>What the author of the file should know.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }
}

/// <summary>One field that is written.</summary>
/// <param name="Name">Of ours, <c>defaults.idleTimeout</c>.</param>
/// <param name="Value">As <see cref="Setting.Show"/> gives it.</param>
/// <param name="From">Kube-proxy's field, or what of kube-proxy is meant.</param>
/// <param name="Note">What its reader should know of the value; null when nothing.</param>
internal sealed record ConvertedField(string Name, object Value, string From, string? Note);

/// <summary>One field of kube-proxy that is not written.</summary>
/// <param name="Fate">What it says, and where.</param>
/// <param name="Why">In a clause.</param>
/// <param name="Action">What to do; null when nothing.</param>
internal sealed record LeftField(FieldFate Fate, string Why, string? Action = null);
