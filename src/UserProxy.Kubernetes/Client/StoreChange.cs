using UserProxy.Kubernetes.Objects;

namespace UserProxy.Kubernetes.Client;

/// <summary>What a <see cref="Reflector{T,TKept}"/> tells its consumer, in the order of the API server. One of three.</summary>
internal abstract record StoreChange;

/// <summary>Everything there is now: what is not in it is gone, except <paramref name="Unreadable"/>, whose last known form stands.</summary>
internal sealed record Replaced<T>(IReadOnlyDictionary<ObjectId, T> Items, IReadOnlySet<ObjectId> Unreadable) : StoreChange;

/// <summary>New or changed.</summary>
internal sealed record Upserted<T>(ObjectId Id, T Item) : StoreChange;

/// <summary>Gone, or no longer selected; it may never have been known.</summary>
internal sealed record Deleted<T>(ObjectId Id) : StoreChange;
