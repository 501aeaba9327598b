using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace UserProxy.Scale;

/// <summary>Services and EndpointSlices in the shape that a real controller writes, in any number; the first tenth of the Services has slices of 100.</summary>
internal sealed class BigCluster(int services, int endpoints)
{
    private const int SliceSize = 100;

    /// <summary>The Service whose endpoint moves while it is watched.</summary>
    public const string ProbeAddress = "10.111.0.1";

    private readonly int _big = Math.Min(services / 10, endpoints / SliceSize);

    public int Services => services;

    public int Endpoints { get; private set; }

    public IEnumerable<JsonObject> Objects()
    {
        int left = endpoints - (_big * SliceSize);
        for (int i = 0; i < services; i++)
        {
            // What the big ones leave is shared out evenly.
            int size = i < _big ? SliceSize : left / (services - i);
            if (i >= _big) left -= size;
            Endpoints += size;
            yield return Parse(Service(Name(i), $"10.{96 + (i >> 16)}.{(i >> 8) & 255}.{i & 255}"));
            yield return Parse(Slice(Name(i), size, i, generation: 0));
        }

        yield return Parse(Service("probe", ProbeAddress));
        yield return Parse(Probe("10.9.0.1"));
    }

    /// <summary>A slice of 100 endpoints of which another one is not ready: what a rollout is made of.</summary>
    public string Event(int number, long revision)
    {
        int service = number % _big;
        return string.Create(
            CultureInfo.InvariantCulture, $"{{\"type\":\"MODIFIED\",\"object\":{Slice(Name(service), SliceSize, service, number / _big, revision)}}}");
    }

    public static JsonObject ProbeSlice(string address) => Parse(Probe(address));

    private static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"service-{number}");

    private static JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();

    private static string Service(string name, string address) => $$"""
        {"kind":"Service","apiVersion":"v1","metadata":{"name":"{{name}}","namespace":"demo","labels":{"app":"{{name}}"} },
        "spec":{"type":"ClusterIP","clusterIP":"{{address}}","clusterIPs":["{{address}}"],"ipFamilies":["IPv4"],"selector":{"app":"{{name}}"},
        "internalTrafficPolicy":"Cluster","sessionAffinity":"None","ports":[{"name":"http","protocol":"TCP","port":80,"targetPort":8080}] } }
        """;

    private static string Probe(string address) => $$"""
        {"kind":"EndpointSlice","apiVersion":"discovery.k8s.io/v1","metadata":{"name":"probe-1","namespace":"demo","labels":{"kubernetes.io/service-name":"probe"} },
        "addressType":"IPv4","ports":[{"name":"http","protocol":"TCP","port":8080}],"endpoints":[{"addresses":["{{address}}"],"nodeName":"bench","conditions":{"ready":true,"serving":true,"terminating":false} }] }
        """;

    private static string Slice(string service, int size, int number, int generation, long revision = 0)
    {
        var text = new StringBuilder(size * 220);
        text.Append(
            CultureInfo.InvariantCulture,
            $"{{\"kind\":\"EndpointSlice\",\"apiVersion\":\"discovery.k8s.io/v1\","
            + $"\"metadata\":{{\"name\":\"{service}-1\",\"namespace\":\"demo\",\"resourceVersion\":\"{revision}\",");
        text.Append(
            CultureInfo.InvariantCulture,
            $"\"labels\":{{\"kubernetes.io/service-name\":\"{service}\"}}}},\"addressType\":\"IPv4\","
            + $"\"ports\":[{{\"name\":\"http\",\"protocol\":\"TCP\",\"port\":8080}}],\"endpoints\":[");
        for (int i = 0; i < size; i++)
        {
            int pod = (number * SliceSize) + i;
            string ready = generation > 0 && i == generation % size ? "false" : "true";
            if (i > 0) text.Append(',');
            text.Append(
                CultureInfo.InvariantCulture,
                $"{{\"addresses\":[\"10.{200 + (pod >> 16)}.{(pod >> 8) & 255}.{pod & 255}\"],"
                + $"\"conditions\":{{\"ready\":{ready},\"serving\":{ready},\"terminating\":false}},");
            text.Append(
                CultureInfo.InvariantCulture,
                $"\"nodeName\":\"node-{pod % 500}\",\"zone\":\"zone-{pod % 3}\","
                + $"\"targetRef\":{{\"kind\":\"Pod\",\"namespace\":\"demo\",\"name\":\"{service}-{i}\"}}}}");
        }

        return text.Append("]}").ToString();
    }
}
