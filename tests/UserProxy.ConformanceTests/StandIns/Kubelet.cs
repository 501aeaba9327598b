using k8s;
using k8s.Models;
using UserProxy.FunctionalTests.Cluster;

namespace UserProxy.ConformanceTests.StandIns;

/// <summary>
/// The kubelets of two nodes that are namespaces, and the network plugin: each Pod that is bound to a node gets one of the network's Pods, or the node itself
/// when it is of the host's network, a <see cref="NetexecStandIn"/> for each container, and a status. A Pod that has been deleted is ended.
/// </summary>
internal sealed class Kubelet : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly k8s.Kubernetes _api;
    private readonly ClusterNetwork _network;
    private readonly Dictionary<string, (Host Host, List<NetexecStandIn> Containers)> _running = []; // by the Pods' uids
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private int _pods;

    public Kubelet(ClusterNetwork network, KubernetesClientConfiguration cluster)
    {
        _network = network;
        _api = new k8s.Kubernetes(cluster);
        _loop = LoopAsync();
    }

    /// <summary>How many Pods run.</summary>
    public int Pods => Volatile.Read(ref _pods);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (string uid in _running.Keys.ToList()) await EndAsync(uid);
        _api.Dispose();
        _stop.Dispose();
    }

    private async Task LoopAsync()
    {
        while (true)
        {
            var pods = (await _api.CoreV1.ListPodForAllNamespacesAsync(cancellationToken: _stop.Token)).Items;
            foreach (string uid in _running.Keys.Except(pods.Select(pod => pod.Metadata.Uid)).ToList()) await EndAsync(uid);
            foreach (var pod in pods.Where(pod => pod.Status?.Phase is null)) await StartAsync(pod);
            Volatile.Write(ref _pods, _running.Count);
            await Task.Delay(Pause, _stop.Token);
        }
    }

    private async Task StartAsync(V1Pod pod)
    {
        string image = pod.Spec.Containers[0].Image;
        if (image.Contains(' ', StringComparison.Ordinal)) pod.Status = Refused(pod, image);
        else
        {
            var host = HostOf(pod);
            // The host name is the machine's where the Pod shares its network.
            string name = pod.Spec.HostNetwork == true ? $"{host.Name}.example" : pod.Metadata.Name;
            _running[pod.Metadata.Uid] = (host, [.. pod.Spec.Containers.Select(container => new NetexecStandIn(host, name, container.Args))]);
            pod.Status = Running(host);
        }

        await _api.CoreV1.ReplaceNamespacedPodStatusAsync(pod, pod.Metadata.Name, pod.Metadata.NamespaceProperty, cancellationToken: _stop.Token);
    }

    private async Task EndAsync(string uid)
    {
        _running.Remove(uid, out var pod);
        foreach (var container in pod.Containers) await container.DisposeAsync();
    }

    private Host HostOf(V1Pod pod)
    {
        if (pod.Spec.HostNetwork == true) return pod.Spec.NodeName == _network.NodeA.Name ? _network.NodeA : _network.NodeB;
        var ofNode = ((Pod[])[_network.PodA1, _network.PodA2, _network.PodB1]).Where(free => free.Node == pod.Spec.NodeName).Select(free => free.Host);
        return ofNode.First(free => _running.Values.All(running => running.Host != free));
    }

    private static V1PodStatus Running(Host host) => new()
    {
        Phase = "Running",
        PodIP = $"{host.Address}",
        PodIPs = [new V1PodIP { Ip = $"{host.Address}" }, new V1PodIP { Ip = $"{host.Address6}" }],
        Conditions = [new V1PodCondition { Type = "Ready", Status = "True" }],
    };

    private static V1PodStatus Refused(V1Pod pod, string image) => new()
    {
        Phase = "Pending",
        Conditions = [new V1PodCondition { Type = "Ready", Status = "False" }],
        ContainerStatuses =
        [
            .. pod.Spec.Containers.Select(container => new V1ContainerStatus
            {
                Name = container.Name,
                Image = image,
                ImageID = "",
                State = new V1ContainerState
                {
                    Waiting = new V1ContainerStateWaiting { Reason = "InvalidImageName", Message = $"couldn't parse image name \"{image}\"" },
                },
            }),
        ],
    };
}
