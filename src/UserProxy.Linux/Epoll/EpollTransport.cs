using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using UserProxy.Linux.Loops;

namespace UserProxy.Linux.Epoll;

/// <summary>The Linux transport for every kernel: loops that wait with epoll(7), and splice(2) for bulk. Made by the composition root.</summary>
public static class EpollTransport
{
    /// <summary>
    /// Starts the loops. Throws PlatformNotSupportedException where this is not Linux, <see cref="SocketException"/> where the kernel or a sandbox denies epoll
    /// or eventfd: the caller then falls back to the sockets transport.
    /// </summary>
    /// <param name="loops">Threads; one a core is the default.</param>
    /// <param name="log">Told when a loop dies, before the process does.</param>
    /// <param name="maxPipes">Bulk transfers at a time that are spliced, all loops together; each holds two descriptors.</param>
    /// <param name="memory">Bytes that the process may have in all.</param>
    public static LoopTransport Create(int loops, ILogger log, int maxPipes = 512, long memory = long.MaxValue) =>
        LoopTransport.Start("epoll", loops, maxPipes, memory, (number, pipes, budget) => new EpollLoop($"epoll-{number}", pipes, budget, log));
}
