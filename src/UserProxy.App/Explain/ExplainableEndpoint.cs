using UserProxy.Reading;

namespace UserProxy.App.Explain;

/// <summary>An endpoint with the reason why it is never dialled, which costs a question to the kernel and is asked for explain alone.</summary>
/// <param name="Reading">As it is now.</param>
/// <param name="Refusal">In words; null when it may be dialled.</param>
internal sealed record ExplainableEndpoint(EndpointReading Reading, string? Refusal)
{
    public static IReadOnlyList<ExplainableEndpoint> AllOf(ServiceReading service, ProxyView view) =>
        [.. service.ReadEndpoints().Select(reading => new ExplainableEndpoint(reading, view.RefusalOf(service.Name, reading.Endpoint)))];
}
