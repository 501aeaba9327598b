namespace UserProxy.Kubernetes.Api;

/// <summary>The objects of one kind as the API server has them. Kept by <see cref="KubernetesSource"/>, on its one loop.</summary>
internal sealed class ObjectStore<T>
    where T : class
{
    private readonly Dictionary<ObjectId, T> _items = [];

    /// <summary>Has it been listed once?</summary>
    public bool IsSynced { get; private set; }

    public IReadOnlyDictionary<ObjectId, T> Items => _items;

    /// <summary>Takes a change of this kind; leaves those of others alone.</summary>
    public void Apply(StoreChange change)
    {
        switch (change)
        {
            case Replaced<T> all:
                foreach (var id in _items.Keys)
                {
                    if (!all.Items.ContainsKey(id) && !all.Unreadable.Contains(id)) _items.Remove(id);
                }

                foreach (var (id, item) in all.Items) _items[id] = item;
                IsSynced = true;
                break;
            case Upserted<T> one:
                _items[one.Id] = one.Item;
                break;
            case Deleted<T> gone:
                _items.Remove(gone.Id);
                break;
            default:
                break;
        }
    }
}
