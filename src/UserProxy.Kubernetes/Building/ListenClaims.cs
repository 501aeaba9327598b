using System.Net;
using System.Runtime.InteropServices;
using UserProxy.Kubernetes.Objects;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Building;

/// <summary>
/// Who keeps an address and port that several want: the first in the order of <see cref="Claimant"/>, whatever order they came in. Kept
/// up to date claim by claim, so that one changed Service costs what it claims and not what the cluster does.
/// </summary>
internal sealed class ListenClaims
{
    private readonly Dictionary<ListenKey, Claimant> _keepers = [];

    /// <summary>All claimants of those keys that have more than one.</summary>
    private readonly Dictionary<ListenKey, SortedSet<Claimant>> _contested = [];

    public Claimant KeeperOf(ListenKey key) => _keepers[key];

    /// <summary>Replaces what one Service claims; the Services for which somebody else now keeps a key are added to <paramref name="affected"/>.</summary>
    public void Replace(IReadOnlyCollection<(ListenKey, Claimant)> old, IReadOnlyCollection<(ListenKey, Claimant)> now, ISet<ObjectId> affected)
    {
        if (old.SequenceEqual(now)) return;
        var gone = old.ToHashSet();
        gone.ExceptWith(now);
        var added = now.ToHashSet();
        added.ExceptWith(old);
        foreach (var (key, claimant) in gone) Remove(key, claimant, affected);
        foreach (var (key, claimant) in added) Add(key, claimant, affected);
    }

    private void Add(ListenKey key, Claimant claimant, ISet<ObjectId> affected)
    {
        ref var keeper = ref CollectionsMarshal.GetValueRefOrAddDefault(_keepers, key, out bool known);
        if (!known)
        {
            keeper = claimant;
            return;
        }

        if (!_contested.TryGetValue(key, out var all)) _contested.Add(key, all = [keeper]);
        all.Add(claimant);
        if (claimant.CompareTo(keeper) >= 0) return;
        keeper = claimant;
        foreach (var loser in all) affected.Add(loser.Service);
    }

    private void Remove(ListenKey key, Claimant claimant, ISet<ObjectId> affected)
    {
        if (!_contested.TryGetValue(key, out var all))
        {
            _keepers.Remove(key);
            return;
        }

        all.Remove(claimant);
        if (_keepers[key] == claimant)
        {
            _keepers[key] = all.Min;
            foreach (var heir in all) affected.Add(heir.Service);
        }

        if (all.Count == 1) _contested.Remove(key);
    }
}

/// <summary>What two Service ports cannot both listen on. The wildcard of a family stands for the node's own addresses: NodePorts.</summary>
internal readonly record struct ListenKey(IPAddress Address, TransportProtocol Protocol, int Port);
