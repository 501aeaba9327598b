using System.Net;

namespace UserProxy.UdpLoad;

/// <summary>
/// Client ports of one thread: every port of every source address in turn, so that a port comes again as late as can be (the kernel's own random choice
/// would meet the flows that a proxy still remembers much sooner), from a random start (a run does not meet the flows of the run before).
/// </summary>
internal sealed class SourcePorts(IReadOnlyList<IPAddress> addresses, int thread, int threads)
{
    private const int First = 10240, Last = 65000;

    private readonly int _perThread = (Last - First) / threads;
    private long _next = Random.Shared.Next();

    public (IPAddress Address, int Port) Next()
    {
        long at = _next++ % ((long)_perThread * addresses.Count);
        return (addresses[(int)(at % addresses.Count)], First + (thread * _perThread) + (int)(at / addresses.Count));
    }
}
