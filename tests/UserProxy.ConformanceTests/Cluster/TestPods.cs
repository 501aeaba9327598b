using System.Diagnostics;
using System.Net;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace UserProxy.ConformanceTests.Cluster;

/// <summary>
/// The Pods of a run: written through the API, bound to a node each, and waited for. What a kubelet says of one that does not get ready is said on. They go
/// with the run's namespace. Used by <see cref="PodTestbed"/>.
/// </summary>
internal sealed class TestPods(ClusterApi api)
{
    /// <summary>An image of 50 MB has to be pulled.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>What does not heal by waiting.</summary>
    private static readonly string[] Final = ["InvalidImageName", "ErrImageNeverPull", "CreateContainerConfigError"];

    private readonly List<V1Pod> _written = [];

    /// <summary>A Pod with an address of its own, that answers as <see cref="PodServers"/> does.</summary>
    public void Add(string name, string node)
    {
        var containers = new List<V1Container> { ContainerOf(PodServers.Other, PodServers.NameOf(name, PodServers.Other)) };
        foreach (int port in (int[])[PodServers.Named, PodServers.Echo, PodServers.Source]) containers.Add(ContainerOf(port));
        _written.Add(PodOf(name, node, containers, onHost: false));
    }

    /// <summary>A Pod of the host's network, which asks and answers as the node does.</summary>
    public void AddOnHost(string name, string node) => _written.Add(PodOf(name, node, [ContainerOf(PodServers.OfNode)], onHost: true));

    /// <summary>Returns when all are ready, by their names.</summary>
    public async Task<Dictionary<string, V1Pod>> CreateAsync()
    {
        var watch = Stopwatch.StartNew();
        foreach (var pod in _written) await CreateAsync(pod, watch);
        while (true)
        {
            var all = (await api.Client.CoreV1.ListNamespacedPodAsync(api.Namespace)).Items;
            var waiting = all.Where(pod => !IsReady(pod)).ToList();
            if (waiting.Count == 0 && all.Count == _written.Count) return all.ToDictionary(pod => pod.Metadata.Name);
            if (waiting.Any(IsLost) || watch.Elapsed > Patience)
            {
                throw new InvalidOperationException(
                    $"Pods are not ready after {watch.Elapsed.TotalSeconds:0} s: {string.Join("; ", waiting.Select(WordsOf))}. See kubectl -n {api.Namespace} "
                        + $"get events; --pod-image gives another image than {RunSettings.PodImage}.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200));
        }
    }

    /// <summary>A namespace that was made just now has no ServiceAccount yet, and without it no Pods.</summary>
    private async Task CreateAsync(V1Pod pod, Stopwatch watch)
    {
        while (true)
        {
            try
            {
                await api.Client.CoreV1.CreateNamespacedPodAsync(pod, api.Namespace);
                return;
            }
            catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.Forbidden
                && e.Response.Content.Contains("serviceaccount \\\"default\\\" not found", StringComparison.Ordinal) && watch.Elapsed < Patience)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200));
            }
            catch (HttpOperationException e)
            {
                throw new InvalidOperationException($"the Pod {pod.Metadata.Name} was refused: {e.Response.Content}", e);
            }
        }
    }

    private static V1Pod PodOf(string name, string node, List<V1Container> containers, bool onHost) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, Labels = new Dictionary<string, string> { ["app.kubernetes.io/managed-by"] = ClusterApi.ManagedBy } },
        Spec = new V1PodSpec
        {
            NodeName = node,
            HostNetwork = onHost ? true : null,
            Containers = containers,
            // Also on a control plane.
            Tolerations = [new V1Toleration { OperatorProperty = "Exists" }],
            TerminationGracePeriodSeconds = 1,
            AutomountServiceAccountToken = false,
            EnableServiceLinks = false,
            SecurityContext = new V1PodSecurityContext
            {
                RunAsNonRoot = true,
                RunAsUser = 65_534,
                SeccompProfile = new V1SeccompProfile { Type = "RuntimeDefault" },
            },
        },
    };

    private static V1Container ContainerOf(int port, string? answer = null) => new()
    {
        Name = $"at-{port}",
        Image = RunSettings.PodImage,
        Args = Netexec.Arguments(port, answer),
        ReadinessProbe = new V1Probe { HttpGet = new V1HTTPGetAction { Path = "/healthz", Port = port }, PeriodSeconds = 1 },
        SecurityContext = new V1SecurityContext
        {
            AllowPrivilegeEscalation = false,
            Capabilities = new V1Capabilities { Drop = ["ALL"] },
            ReadOnlyRootFilesystem = true,
        },
    };

    private static bool IsReady(V1Pod pod) =>
        pod.Status?.PodIP is { Length: > 0 } && pod.Status.Conditions?.Any(condition => condition is { Type: "Ready", Status: "True" }) == true;

    private static bool IsLost(V1Pod pod) => pod.Status?.Phase is "Failed" or "Succeeded" || StatesOf(pod).Any(waiting => Final.Contains(waiting.Reason));

    private static IEnumerable<V1ContainerStateWaiting> StatesOf(V1Pod pod) =>
        (pod.Status?.ContainerStatuses ?? []).Select(container => container.State?.Waiting).OfType<V1ContainerStateWaiting>();

    /// <summary>The reason of a container that waits, or of the Pod, or its phase.</summary>
    private static string WordsOf(V1Pod pod)
    {
        var waiting = StatesOf(pod).FirstOrDefault();
        string reason = waiting?.Reason ?? pod.Status?.Reason ?? pod.Status?.Phase ?? "no kubelet has seen it";
        string message = waiting?.Message ?? pod.Status?.Message ?? "";
        return $"{pod.Metadata.Name} on {pod.Spec.NodeName}: {reason}{(message.Length > 0 ? $": {message}" : "")}";
    }
}
