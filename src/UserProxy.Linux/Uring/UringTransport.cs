using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.Loops;

namespace UserProxy.Linux.Uring;

/// <summary>The Linux transport for kernels that let us have io_uring(7): fewer system calls for small messages. Made by the composition root.</summary>
public static class UringTransport
{
    /// <summary>
    /// Starts the loops. Throws PlatformNotSupportedException with the reason where io_uring cannot be had, <see cref="SocketException"/> where eventfd cannot:
    /// the caller then falls back to the epoll transport.
    /// </summary>
    /// <param name="loops">Threads; one a core is the default.</param>
    /// <param name="log">Told when a loop dies, before the process does.</param>
    /// <param name="maxPipes">Bulk transfers at a time that are spliced, all loops together; each holds two descriptors.</param>
    /// <param name="memory">Bytes that the process may have in all.</param>
    public static LoopTransport Create(int loops, ILogger log, int maxPipes = 512, long memory = long.MaxValue)
    {
        uint entries = Ring.EntriesFor(loops, Libc.LockedMemoryLimit());
        return LoopTransport.Start("uring", loops, maxPipes, memory, (number, pipes, budget) => new UringLoop($"uring-{number}", pipes, budget, log, entries));
    }
}
