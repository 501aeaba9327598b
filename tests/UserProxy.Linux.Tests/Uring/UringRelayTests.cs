using UserProxy.Linux.Tests.Loops;

namespace UserProxy.Linux.Tests.Uring;

public sealed class UringRelayTests() : LoopRelayTests(Rings.CreateTransport(1));
