using Microsoft.Extensions.Logging;
using UserProxy.Kubernetes.Objects;

namespace UserProxy.Kubernetes.Building;

/// <summary>
/// Makes of EndpointSlices what <see cref="ClusterCache"/> keeps of them. One thread at a time reads, which need not be the one that feeds the cache: a long
/// list is read while it comes.
/// </summary>
internal sealed class SliceReader(string nodeName, ILogger logger)
{
    private readonly ObjectGuard _guard = new("EndpointSlice", logger);
    private readonly TextPool _texts = new();

    public SliceReading Read(EndpointSliceObject slice)
    {
        var key = ServiceSlice.KeyOf(slice);
        var service = ServiceSlice.ServiceOf(slice);
        ServiceSlice? read = null;
        var defect = _guard.Try(key, () => read = ServiceSlice.Read(slice, nodeName, _texts), service);
        return new SliceReading(key, service, read, defect, ServiceSlice.TriggerTimeOf(slice));
    }

    /// <summary>It is gone. From any thread.</summary>
    public void Forget(ObjectId slice) => _guard.Remove(slice);
}

/// <summary>A slice as it was read.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Service">Whose it is; null when it does not say.</param>
/// <param name="Slice">Null when it could not be understood.</param>
/// <param name="Defect">Why it could not.</param>
/// <param name="Trigger">As <see cref="ServiceSlice.TriggerTimeOf"/>.</param>
internal sealed record SliceReading(ObjectId Key, ObjectId? Service, ServiceSlice? Slice, IssueList? Defect, DateTimeOffset? Trigger);
