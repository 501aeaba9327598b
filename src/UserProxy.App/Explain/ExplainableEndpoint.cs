using UserProxy.Reading;

namespace UserProxy.App.Explain;

/// <summary>An endpoint with the reason why it is never dialled, which costs a question to the kernel and is asked for explain alone.</summary>
/// <param name="Reading">As it is now.</param>
/// <param name="Refusal">In words; null when it may be dialled.</param>
internal sealed record ExplainableEndpoint(EndpointReading Reading, string? Refusal)
{
    /// <summary>The end of the reason of an endpoint that is this proxy itself.</summary>
    public const string WouldLeadBack = "would lead back here";

    /// <summary>No option lets it be dialled.</summary>
    public bool LeadsBack => Refusal?.EndsWith(WouldLeadBack, StringComparison.Ordinal) is true;

    public static IReadOnlyList<ExplainableEndpoint> AllOf(ServiceReading service, ProxyView view) =>
        [.. service.ReadEndpoints().Select(reading => new ExplainableEndpoint(reading, view.RefusalOf(service.Name, reading.Endpoint)))];
}
