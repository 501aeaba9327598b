using UserProxy.Serving;

namespace UserProxy.Tcp;

/// <summary>How a relay ended. <paramref name="BytesIn"/> went from the client to the backend, <paramref name="BytesOut"/> back.</summary>
public readonly record struct RelayResult(long BytesIn, long BytesOut, EndReason Reason);
