using System.Net;
using UserProxy.Model;

namespace UserProxy.Policy;

/// <summary>
/// Keeps the <see cref="NodeScope"/> up to date. Asking the system for its interfaces takes milliseconds on a node with many Pods, so it is done off every
/// hot path and the answer is kept. Written by the Proxier; read by every connection.
/// </summary>
/// <param name="read">The addresses of the node's interfaces; null asks the system.</param>
internal sealed class OwnAddresses(Func<IReadOnlyCollection<IPAddress>>? read = null)
{
    private readonly Func<IReadOnlyCollection<IPAddress>> _read = read ?? InterfaceAddresses.All;
    private readonly Lock _writing = new();
    private volatile NodeScope _scope = new([], []);

    public NodeScope Scope => _scope;

    /// <summary>Reads the interfaces again; true when the addresses have changed. From any thread.</summary>
    public bool Refresh()
    {
        IReadOnlyCollection<IPAddress> addresses;
        try
        {
            addresses = _read();
        }
        catch (Exception e) when (InterfaceAddresses.AreUnreadable(e))
        {
            return false; // what was known stays until the next time
        }

        lock (_writing)
        {
            if (_scope.HasAddresses(addresses)) return false;
            _scope = new NodeScope(addresses, _scope.PodBlocks);
            return true;
        }
    }

    /// <summary>True when the blocks have changed.</summary>
    public bool SetPodBlocks(ValueList<CidrBlock> blocks)
    {
        lock (_writing)
        {
            if (_scope.PodBlocks == blocks) return false;
            _scope = new NodeScope(_scope.Addresses, blocks);
            return true;
        }
    }
}
