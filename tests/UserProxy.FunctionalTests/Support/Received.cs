namespace UserProxy.FunctionalTests.Support;

/// <summary>All bytes of a stream and how it ended.</summary>
internal sealed record Received(byte[] Bytes, StreamEnd End);
