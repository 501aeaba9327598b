using UserProxy.Kubernetes.Client;
using UserProxy.Kubernetes.Manifests;
using UserProxy.Kubernetes.Objects;

namespace UserProxy.Kubernetes.Building;

/// <summary>
/// Reads one Service, its EndpointSlices, its Pods and the NetworkPolicies of its namespace, with nothing but GET and in bounded time. Each may fail by itself:
/// a proxy has no right to read Pods and policies. Called by <c>verify</c>.
/// </summary>
public sealed class DeclaredServiceReader(ApiClient client, TimeSpan patience)
{
    public async Task<DeclaredService> ReadAsync(string space, string name, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        var slices = ListAsync(
            ApiResources.EndpointSlices with { Namespace = space }, new ListQuery { Label = $"{WellKnown.ServiceNameLabel}={name}" }, limit.Token,
            cancellationToken);
        var policies = ListAsync(ApiResources.NetworkPolicies with { Namespace = space }, new ListQuery(), limit.Token, cancellationToken);
        var services = await ListAsync(
            ApiResources.WrittenServices with { Namespace = space }, new ListQuery { Field = $"metadata.name={name}" }, limit.Token,
            cancellationToken).ConfigureAwait(false);
        var service = services with { Items = [.. services.Items.Where(item => item.Metadata.Name == name)] };
        var selector = service.Items.Count == 0 ? null : service.Items[0].Spec?.Selector;
        var pods = selector is not { Count: > 0 } ? new ReadItems<PodObject>([], services.Unread)
            : await ListPodsAsync(space, string.Join(',', selector.Select(label => $"{label.Key}={label.Value}"))).ConfigureAwait(false);
        var others = selector is { Count: > 0 } && pods is { WereRead: true, Items.Count: 0 } ? await ListPodsAsync(space, null).ConfigureAwait(false) : null;
        return new DeclaredService
        {
            Source = client.Server.ToString(),
            Service = service,
            Slices = await slices.ConfigureAwait(false),
            Pods = pods,
            OtherPods = others?.Items ?? [],
            Policies = await policies.ConfigureAwait(false),
        };

        Task<ReadItems<PodObject>> ListPodsAsync(string space, string? labels) =>
            ListAsync(ApiResources.Pods with { Namespace = space }, new ListQuery { Label = labels }, limit.Token, cancellationToken);
    }

    /// <summary>Of manifests, which hold no Pods and no policies.</summary>
    public static DeclaredService Of(ManifestState manifests, string source, string space, string name)
    {
        const string reason = "manifests hold Services, EndpointSlices and Nodes alone";
        return new DeclaredService
        {
            Source = source,
            IsOfManifests = true,
            Service = new([.. manifests.Services.Where(service => Is(service.Metadata, name)).Select(WrittenServiceObject.Of)], null),
            Slices = new([
                .. manifests.EndpointSlices.Where(
                    slice => IsIn(slice.Metadata) && slice.Metadata.Labels?.GetValueOrDefault(WellKnown.ServiceNameLabel) == name)], null),
            Pods = new([], reason),
            Policies = new([], reason),
        };

        bool IsIn(ObjectMeta meta) => (string.IsNullOrEmpty(meta.Namespace) ? WellKnown.DefaultNamespace : meta.Namespace) == space;

        bool Is(ObjectMeta meta, string wanted) => IsIn(meta) && meta.Name == wanted;
    }

    private async Task<ReadItems<T>> ListAsync<T>(ApiResource<T> resource, ListQuery query, CancellationToken limit, CancellationToken cancellationToken)
        where T : class
    {
        var items = new List<T>();
        try
        {
            await client.ListAllAsync(resource, query with { Limit = ApiClient.PageSize }, Take, limit).ConfigureAwait(false);
            return new ReadItems<T>(items, null);
        }
        catch (ApiException e)
        {
            return new ReadItems<T>([], e.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new ReadItems<T>([], $"{client.Server.Authority} has not answered within {patience.TotalSeconds:0.#} s");
        }

        void Take(DecodedItem<T> decoded)
        {
            if (decoded.Item is { } item) items.Add(item);
        }
    }
}
