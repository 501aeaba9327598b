namespace UserProxy.Kubernetes.Objects;

/// <summary>A meta/v1 LabelSelector; empty it selects everything.</summary>
public sealed record LabelSelectorObject
{
    public IReadOnlyDictionary<string, string>? MatchLabels { get; init; }

    public IReadOnlyList<LabelRequirement>? MatchExpressions { get; init; }

    public bool Selects(IReadOnlyDictionary<string, string>? labels) =>
        (MatchLabels ?? new Dictionary<string, string>()).All(wanted => labels?.GetValueOrDefault(wanted.Key) == wanted.Value)
        && (MatchExpressions ?? []).All(requirement => requirement.IsMetBy(labels));
}

/// <summary>One expression of a <see cref="LabelSelectorObject"/>.</summary>
public sealed record LabelRequirement
{
    public string? Key { get; init; }

    /// <summary>In, NotIn, Exists or DoesNotExist.</summary>
    public string? Operator { get; init; }

    public IReadOnlyList<string>? Values { get; init; }

    public bool IsMetBy(IReadOnlyDictionary<string, string>? labels)
    {
        string? value = Key is null ? null : labels?.GetValueOrDefault(Key);
        return Operator switch
        {
            "In" => value is not null && Values?.Contains(value) == true,
            "NotIn" => value is null || Values?.Contains(value) != true,
            "Exists" => value is not null,
            "DoesNotExist" => value is null,
            _ => false,
        };
    }
}
