using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using UserProxy.Policy;
using UserProxy.Serving;

namespace UserProxy.Tcp;

/// <summary>
/// A listener of an <see cref="ITransport"/>: Kestrel's, with a filter of clients that can be replaced while it listens, and a look at its queue.
/// </summary>
public interface IFilteredListener : IConnectionListener
{
    /// <summary>
    /// Whether the kernel holds the admission that was set last: false when it cannot (not Linux, too many blocks, a sandbox), and then clients that are
    /// not admitted are accepted and must be reset by whoever accepts.
    /// </summary>
    bool IsFiltered { get; }

    /// <summary>
    /// Lets in only whom <paramref name="admission"/> admits, from now on; the port stays in LISTEN and established connections are not touched. From the
    /// thread that also unbinds and disposes. Does not throw; see <see cref="IsFiltered"/>.
    /// </summary>
    void SetAdmission(Admission? admission);

    /// <summary>The accept queue as it is now: one system call, for scrapes. Null where the system does not tell, or it is closed. From any thread.</summary>
    AcceptQueue? ReadQueue();

    /// <summary>As <see cref="IPortPart.StepAside"/>. From the thread that also unbinds.</summary>
    void StepAside()
    {
    }

    /// <summary>The socket in LISTEN, for a process that is to have it, too; it stays ours. Null where there is none to give.</summary>
    SafeHandle? Socket => null;

    /// <summary>
    /// Has no client any more after those that it has been told of: <see cref="IConnectionListener.AcceptAsync"/> waits until <see cref="Resume"/>. The port
    /// stays in LISTEN for the process that has it, too. From the thread that also unbinds.
    /// </summary>
    ValueTask PauseAsync() => default;

    /// <summary>The opposite of <see cref="PauseAsync"/>; whoever is in the queue by now is taken.</summary>
    void Resume()
    {
    }
}
