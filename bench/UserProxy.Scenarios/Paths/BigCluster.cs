using System.Globalization;
using System.Text;

namespace UserProxy.Scenarios.Paths;

/// <summary>
/// Services and EndpointSlices in the shape that a real controller writes, in any number, one line of JSON each: the first tenth of the Services has slices of
/// 100. Nobody dials their endpoints.
/// </summary>
internal sealed class BigCluster(int services, int endpoints)
{
    private const int SliceSize = 100;

    /// <summary>Slices of 100: those that change.</summary>
    public int FullSlices { get; } = Math.Min(services / 10, endpoints / SliceSize);

    public IEnumerable<string> Objects()
    {
        int left = endpoints - (FullSlices * SliceSize);
        for (int i = 0; i < services; i++)
        {
            // What the big ones leave is shared out evenly.
            int size = i < FullSlices ? SliceSize : left / (services - i);
            if (i >= FullSlices) left -= size;
            yield return Service(Name(i), $"10.{128 + (i >> 16)}.{(i >> 8) & 255}.{i & 255}");
            yield return Slice(i, size, generation: 0, revision: 0);
        }
    }

    /// <summary>A line of a watch: a full slice of which another endpoint is not ready with each generation, as in a rollout.</summary>
    public static string Event(int service, int generation, long revision) =>
        $"{{\"type\":\"MODIFIED\",\"object\":{Slice(service, SliceSize, generation, revision)}}}";

    private static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"service-{number}");

    private static string Service(string name, string address) =>
        $"{{\"kind\":\"Service\",\"apiVersion\":\"v1\",\"metadata\":{{\"name\":\"{name}\",\"namespace\":\"demo\",\"labels\":{{\"app\":\"{name}\"}}}},"
            + $"\"spec\":{{\"type\":\"ClusterIP\",\"clusterIP\":\"{address}\",\"clusterIPs\":[\"{address}\"],\"ipFamilies\":[\"IPv4\"],"
            + $"\"selector\":{{\"app\":\"{name}\"}},\"internalTrafficPolicy\":\"Cluster\",\"sessionAffinity\":\"None\","
            + "\"ports\":[{\"name\":\"http\",\"protocol\":\"TCP\",\"port\":80,\"targetPort\":8080}]}}";

    private static string Slice(int number, int size, int generation, long revision)
    {
        string service = Name(number);
        var text = new StringBuilder(size * 220);
        text.Append(
            CultureInfo.InvariantCulture,
            $"{{\"kind\":\"EndpointSlice\",\"apiVersion\":\"discovery.k8s.io/v1\","
                + $"\"metadata\":{{\"name\":\"{service}-1\",\"namespace\":\"demo\",\"resourceVersion\":\"{revision}\","
                + $"\"labels\":{{\"kubernetes.io/service-name\":\"{service}\"}}}},\"addressType\":\"IPv4\","
                + $"\"ports\":[{{\"name\":\"http\",\"protocol\":\"TCP\",\"port\":8080}}],\"endpoints\":[");
        for (int i = 0; i < size; i++)
        {
            int pod = (number * SliceSize) + i;
            string ready = generation > 0 && i == generation % size ? "false" : "true";
            if (i > 0) text.Append(',');
            text.Append(
                CultureInfo.InvariantCulture,
                $"{{\"addresses\":[\"10.{200 + (pod >> 16)}.{(pod >> 8) & 255}.{pod & 255}\"],"
                    + $"\"conditions\":{{\"ready\":{ready},\"serving\":{ready},\"terminating\":false}},"
                    + $"\"nodeName\":\"node-{pod % 500}\",\"zone\":\"zone-{pod % 3}\","
                    + $"\"targetRef\":{{\"kind\":\"Pod\",\"namespace\":\"demo\",\"name\":\"{service}-{i}\"}}}}");
        }

        return text.Append("]}").ToString();
    }
}
