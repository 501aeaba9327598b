using UserProxy.Linux.Tests.Loops;

namespace UserProxy.Linux.Tests.Uring;

public sealed class UringTransportTests() : LoopTransportTests(Rings.CreateTransport);
