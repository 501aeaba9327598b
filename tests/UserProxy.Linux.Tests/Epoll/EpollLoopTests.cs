using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.Linux.Epoll;
using UserProxy.Linux.Tests.Loops;
using UserProxy.Serving;

namespace UserProxy.Linux.Tests.Epoll;

public sealed class EpollLoopTests() : EventLoopTests(() => new EpollLoop("epoll-0", maxPipes: 1, MemoryBudget.Unlimited, NullLogger.Instance));
