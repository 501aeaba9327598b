using System.Text.Json;

namespace UserProxy.Kubernetes.Objects;

/// <summary>
/// A v1 Service with what its EndpointSlices are made from: a proxy serves the slices and never reads it (<see cref="ServiceObject"/>), <c>verify</c> does.
/// </summary>
public sealed record WrittenServiceObject
{
    public ObjectMeta Metadata { get; init; } = new();

    public WrittenServiceSpec? Spec { get; init; }

    /// <summary>Of a manifest, which has what a proxy reads and no more.</summary>
    public static WrittenServiceObject Of(ServiceObject service) => new()
    {
        Metadata = service.Metadata,
        Spec = new WrittenServiceSpec
        {
            Type = service.Spec?.Type,
            ClusterIP = service.Spec?.ClusterIP,
            ClusterIPs = service.Spec?.ClusterIPs,
            Ports = service.Spec?.Ports?.Select(port => new WrittenServicePort { Name = port.Name, Protocol = port.Protocol, Port = port.Port }).ToList(),
        },
    };
}

/// <summary>The <c>spec</c> part of <see cref="WrittenServiceObject"/>.</summary>
public sealed record WrittenServiceSpec
{
    public string? Type { get; init; }

    public string? ExternalName { get; init; }

    public string? ClusterIP { get; init; }

    public IReadOnlyList<string>? ClusterIPs { get; init; }

    /// <summary>Absent or empty: nobody makes slices of it but by hand.</summary>
    public IReadOnlyDictionary<string, string>? Selector { get; init; }

    public IReadOnlyList<WrittenServicePort>? Ports { get; init; }
}

/// <summary>One port of a Service, with the one that its Pods listen on.</summary>
public sealed record WrittenServicePort
{
    public string? Name { get; init; }

    /// <summary>TCP when absent.</summary>
    public string? Protocol { get; init; }

    public int Port { get; init; }

    /// <summary>A number, or the name of a container's port; absent: <see cref="Port"/>.</summary>
    public JsonElement? TargetPort { get; init; }
}
