namespace UserProxy.FunctionalTests.Support;

/// <summary>How a peer's byte stream ended.</summary>
internal enum StreamEnd
{
    Fin,
    Reset,
}
