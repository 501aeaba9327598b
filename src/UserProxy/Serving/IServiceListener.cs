using System.Net;
using UserProxy.Model;
using UserProxy.Policy;

namespace UserProxy.Serving;

/// <summary>One bound address and port of a service port, of either protocol: what the Proxier's slots do with it.</summary>
internal interface IServiceListener : IPortPart
{
    ListenAddress Address { get; }

    ServicePortState Service { get; }

    IPAddress IPortPart.At => Address.Address;

    /// <summary>Whom it lets in; null is everyone.</summary>
    Admission? Admission { get; }

    /// <summary>Whether the others get no answer at all, as the admission wants it.</summary>
    bool IsFiltered { get; }

    /// <summary>Clients that wait to be accepted; null where there is no such queue, or the system does not tell. From any thread.</summary>
    AcceptQueue? ReadQueue() => null;

    /// <summary>Rises while its accept loop does anything at all; stands still where there is none. From any thread.</summary>
    long Turns => 0;

    /// <summary>
    /// Datagrams that the kernel has discarded because they came faster than they were read; null for TCP, or when it does not say. From any thread.
    /// </summary>
    long? KernelDrops => null;

    /// <summary>Changes whom it lets in, without a gap.</summary>
    void SetAdmission(Admission? admission);

    /// <summary>An endpoint has left the service port. TCP connections survive that, UDP sessions do not (law 2).</summary>
    void EndpointsChanged();

    /// <summary>What a successor may have; none where the transport has nothing to give.</summary>
    IEnumerable<HandedSocket> ReadSockets() => [];

    /// <summary>
    /// Leaves new clients to the process that has the sockets, too: this one takes none until <see cref="Resume"/>, and clients that it has go on.
    /// </summary>
    Task PauseAsync() => Task.CompletedTask;

    /// <summary>The other process has gone: takes clients again, those too that it was told of and has not taken.</summary>
    void Resume()
    {
    }

    /// <summary>Takes no new clients and frees the port; while it is shared, it stays in LISTEN for the other process.</summary>
    Task StopAsync();
}
