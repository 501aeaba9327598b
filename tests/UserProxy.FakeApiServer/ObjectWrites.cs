using System.Globalization;
using System.Text.Json.Nodes;

namespace UserProxy.FakeApiServer;

/// <summary>
/// Namespaces, Services, EndpointSlices, Pods and Nodes as clients write them over HTTP: create, update with the version that was read, patch, the status by
/// itself, and delete. Called by <see cref="ApiRequests"/>; one write at a time. Tests that have the server in their hands write to the <see cref="Store"/>
/// as they like.
/// </summary>
internal sealed class ObjectWrites(Store store)
{
    private readonly Lock _lock = new();
    private readonly ServiceAdmission _services = new(store);

    /// <returns>The object as it is stored.</returns>
    /// <exception cref="RefusedException">It is refused.</exception>
    public JsonObject Create(ResourcePath path, JsonObject item)
    {
        lock (_lock)
        {
            var meta = item["metadata"] as JsonObject ?? throw new RefusedException(422, "Invalid", "metadata: Required value");
            if (meta["generateName"]?.ToString() is { Length: > 0 } prefix && string.IsNullOrEmpty(meta["name"]?.ToString()))
                meta["name"] = prefix + Guid.NewGuid().ToString("N")[..5];
            string name = meta["name"]?.ToString() ?? "";
            if (name.Length == 0) throw new RefusedException(422, "Invalid", "metadata.name: Required value: name or generateName is required");
            if (path.Namespace.Length > 0)
            {
                meta["namespace"] = path.Namespace;
                if (!IsNamespace(path.Namespace)) throw RefusedException.NotFound("namespaces", path.Namespace);
            }

            if (store.Get(path.Resource, path.Namespace, name) is not null)
                throw new RefusedException(409, "AlreadyExists", $"{path.Resource} \"{name}\" already exists");
            meta["creationTimestamp"] = DateTimeOffset.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
            if (path.Resource == "services")
            {
                _services.Admit(item, null);
                item["status"] = new JsonObject { ["loadBalancer"] = new JsonObject() };
            }

            return Store(path, item);
        }
    }

    public JsonObject Get(ResourcePath path) =>
        store.Get(path.Resource, path.Namespace, path.Name) ?? throw RefusedException.NotFound(path.Resource, path.Name);

    public JsonObject Update(ResourcePath path, JsonObject item)
    {
        lock (_lock) return Write(path, item, Get(path));
    }

    public JsonObject Patch(ResourcePath path, JsonObject patch)
    {
        lock (_lock)
        {
            var old = Get(path);
            var merged = MergePatch.Apply(old, patch)!.AsObject();
            if (patch["metadata"]?["resourceVersion"] is null) merged["metadata"]!.AsObject().Remove("resourceVersion");
            return Write(path, merged, old);
        }
    }

    /// <summary>With a namespace goes what is in it, at once.</summary>
    /// <returns>A Status, but a Service as it was: so does a real server.</returns>
    public JsonObject Delete(ResourcePath path)
    {
        lock (_lock)
        {
            var was = Get(path);
            store.Delete(path.Resource, path.Namespace, path.Name);
            if (path.Resource == "services") return was;
            if (path.Resource == "namespaces") Empty(path.Name);
            return new JsonObject { ["kind"] = "Status", ["apiVersion"] = "v1", ["status"] = "Success" };
        }
    }

    private void Empty(string space)
    {
        foreach (string resource in (string[])["services", "endpointslices", "pods"])
        {
            foreach (var item in store.List(resource).Items.Where(item => item["metadata"]?["namespace"]?.ToString() == space))
                store.Delete(resource, space, item["metadata"]!["name"]!.ToString());
        }
    }

    private JsonObject Write(ResourcePath path, JsonObject item, JsonObject old)
    {
        var meta = item["metadata"] as JsonObject ?? throw new RefusedException(422, "Invalid", "metadata: Required value");
        if (meta["resourceVersion"]?.ToString() is { Length: > 0 } read && read != old["metadata"]!["resourceVersion"]!.ToString())
        {
            throw new RefusedException(
                409, "Conflict",
                $"Operation cannot be fulfilled on {path.Resource} \"{path.Name}\": the object has been modified; please apply your changes to the latest "
                    + "version and try again");
        }

        var stored = path.Subresource == "status" ? old.DeepClone().AsObject() : item.DeepClone().AsObject();
        if (path.Subresource == "status") stored["status"] = item["status"]?.DeepClone();
        else if (old["status"] is { } status) stored["status"] = status.DeepClone();
        foreach (string field in (string[])["namespace", "creationTimestamp", "uid"])
        {
            if (old["metadata"]![field] is { } had) stored["metadata"]![field] = had.DeepClone();
        }

        if (path.Resource == "services" && path.Subresource.Length == 0) _services.Admit(stored, old);
        stored["metadata"]!["resourceVersion"] = old["metadata"]!["resourceVersion"]!.DeepClone();
        // What changes nothing is no event.
        return JsonNode.DeepEquals(stored, old) ? old : Store(path, stored);
    }

    private JsonObject Store(ResourcePath path, JsonObject item)
    {
        item["kind"] = path.Kind;
        item["apiVersion"] = path.ApiVersion;
        return store.Apply(path.Resource, item);
    }

    private bool IsNamespace(string name) => name is "default" or "kube-system" || store.Get("namespaces", "", name) is not null;
}
