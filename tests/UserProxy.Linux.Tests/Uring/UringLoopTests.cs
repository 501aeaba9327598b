using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.Linux.Tests.Loops;
using UserProxy.Linux.Uring;
using UserProxy.Serving;

namespace UserProxy.Linux.Tests.Uring;

public sealed class UringLoopTests() : EventLoopTests(
    () => Rings.Create(() => new UringLoop("uring-0", maxPipes: 1, MemoryBudget.Unlimited, NullLogger.Instance)));
