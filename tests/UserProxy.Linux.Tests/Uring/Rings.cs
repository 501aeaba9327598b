using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.Linux.Loops;
using UserProxy.Linux.Uring;

namespace UserProxy.Linux.Tests.Uring;

/// <summary>Makes what needs io_uring, or skips the test with the reason that the kernel gives.</summary>
internal static class Rings
{
    public static LoopTransport CreateTransport(int loops) => Create(() => UringTransport.Create(loops, NullLogger.Instance));

    /// <summary>With a ring of the fewest entries: many of a turn do not fit, neither what is asked for nor what is told.</summary>
    public static LoopTransport CreateTinyTransport(int loops) => Create(() => LoopTransport.Start(
        "uring", loops, maxPipes: 8, long.MaxValue, (number, pipes, memory) =>
            new UringLoop($"uring-{number}", pipes, memory, NullLogger.Instance, entries: 1)));

    public static Ring Create() => Create(() => new Ring());

    public static T Create<T>(Func<T> create)
    {
        try
        {
            return create();
        }
        catch (PlatformNotSupportedException e)
        {
            Assert.Skip(e.Message);
            throw;
        }
    }
}
