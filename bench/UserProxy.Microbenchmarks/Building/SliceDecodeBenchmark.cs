using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using BenchmarkDotNet.Attributes;
using UserProxy.Kubernetes.Objects;

namespace UserProxy.Microbenchmarks.Building;

/// <summary>
/// What it costs to read an EndpointSlice out of the JSON of a watch, with the fields that a real one has and the proxy skips. 100 endpoints are a full slice,
/// 1,000 the most that the API takes.
/// </summary>
[MemoryDiagnoser]
public class SliceDecodeBenchmark
{
    private byte[] _json = [];

    [Params(3, 100, 1_000)]
    public int Endpoints { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _json = Encoding.UTF8.GetBytes(ToJson().ToJsonString());
        var slice = Decode();
        if (slice.Endpoints?.Count != Endpoints || slice.Endpoints[^1].Conditions is not { Ready: true })
            throw new InvalidOperationException("an endpoint was lost");
    }

    [Benchmark]
    public EndpointSliceObject Decode() =>
        ItemDecoder.Decode(_json, ApiResources.EndpointSlices).Item ?? throw new InvalidOperationException("not decoded");

    private JsonNode ToJson()
    {
        var slice = JsonSerializer.SerializeToNode(ClusterObjects.Slice(7, Endpoints), ApiJson.Default.EndpointSliceObject)!;
        slice["kind"] = "EndpointSlice";
        slice["apiVersion"] = "discovery.k8s.io/v1";
        slice["metadata"]!["resourceVersion"] = "123456789";
        slice["metadata"]!["ownerReferences"] = new JsonArray(
            new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Service", ["name"] = "service-7", ["controller"] = true });
        int number = 0;
        foreach (var endpoint in slice["endpoints"]!.AsArray())
            endpoint!["targetRef"] = new JsonObject
            {
                ["kind"] = "Pod",
                ["namespace"] = "demo",
                ["name"] = $"service-7-{number++}",
                ["uid"] = "6f1c2c1e-9a53-4a6b-8b0e-0d1f6a2b3c4d",
            };
        return slice;
    }
}
