namespace UserProxy.Kubernetes.Api.Events;

/// <summary>An events.k8s.io/v1 Event, the fields that we write.</summary>
internal sealed record EventObject
{
    public string ApiVersion { get; init; } = "events.k8s.io/v1";

    public string Kind { get; init; } = "Event";

    public required EventMeta Metadata { get; init; }

    public required string EventTime { get; init; }

    public required string ReportingController { get; init; }

    public required string ReportingInstance { get; init; }

    public required string Action { get; init; }

    public required string Reason { get; init; }

    public required EventSubject Regarding { get; init; }

    public required string Note { get; init; }

    public required string Type { get; init; }
}

/// <summary>A core v1 Event, for servers and roles that know no other.</summary>
internal sealed record CoreEventObject
{
    public string ApiVersion { get; init; } = "v1";

    public string Kind { get; init; } = "Event";

    public required EventMeta Metadata { get; init; }

    public required EventSubject InvolvedObject { get; init; }

    public required string Reason { get; init; }

    public required string Message { get; init; }

    public required string Type { get; init; }

    public required string Action { get; init; }

    public required string ReportingComponent { get; init; }

    public required string ReportingInstance { get; init; }

    public required EventSource Source { get; init; }

    public required string FirstTimestamp { get; init; }

    public required string LastTimestamp { get; init; }

    public int Count { get; init; } = 1;
}

internal sealed record EventMeta(string Name, string Namespace);

internal sealed record EventSource(string Component, string Host);

/// <summary>What an Event is about. Without the uid <c>kubectl describe</c> does not find it.</summary>
internal sealed record EventSubject(string ApiVersion, string Kind, string? Namespace, string Name, string? Uid);
