using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.Linux.Loops;
using UserProxy.Linux.Uring;

namespace UserProxy.Linux.Tests.Uring;

/// <summary>Makes what needs io_uring, or skips the test with the reason that the kernel gives.</summary>
internal static class Rings
{
    public static LoopTransport CreateTransport(int loops) => Create(() => UringTransport.Create(loops, NullLogger.Instance));

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
