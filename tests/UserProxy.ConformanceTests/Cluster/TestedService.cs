using System.Globalization;
using System.Net;
using k8s;
using k8s.Autorest;
using k8s.Models;
using UserProxy.FunctionalTests.Cluster;

namespace UserProxy.ConformanceTests.Cluster;

/// <summary>
/// One Service of a case, written through the API as a user would, with what controllers add to it: the slices of its Pods, and the addresses of a load
/// balancer. It has no selector, so that no controller of the cluster writes any.
/// </summary>
internal sealed class TestedService
{
    private const string ProxyName = "service.kubernetes.io/service-proxy-name";

    private readonly ClusterApi _api;
    private readonly HashSet<string> _slices = [];
    private PodEndpoint[]? _endpoints;
    private V1Service _service;

    private TestedService(ClusterApi api, V1Service service)
    {
        _api = api;
        _service = service;
    }

    public V1ServiceSpec Spec => _service.Spec;

    public string Name => _service.Metadata.Name;

    public static async Task<TestedService> CreateAsync(ClusterApi api, string name, V1ServiceSpec spec, Dictionary<string, string>? labels = null)
    {
        labels ??= [];
        if (RunSettings.Label is { } label) labels.TryAdd(ProxyName, label);
        var service = new V1Service { Metadata = new V1ObjectMeta { Name = name, Labels = labels }, Spec = Classed(spec) };
        return new TestedService(api, await api.Client.CoreV1.CreateNamespacedServiceAsync(service, api.Namespace));
    }

    /// <summary>Reads, changes and writes, again when somebody else has written in between.</summary>
    public async Task UpdateAsync(Action<V1ServiceSpec> change)
    {
        await WriteAsync(service =>
        {
            change(service.Spec);
            Classed(service.Spec);
        });
        if (_endpoints is not null) await SetEndpointsAsync(_endpoints);
    }

    /// <summary>To any other that is free, of the first port.</summary>
    public async Task ChangeNodePortAsync()
    {
        int old = Spec.Ports[0].NodePort!.Value;
        for (int tries = 1; Spec.Ports[0].NodePort == old; tries++)
        {
            try
            {
                await UpdateAsync(spec => spec.Ports[0].NodePort = 30_000 + ((old + tries) % 2768));
            }
            catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.UnprocessableEntity && tries < 100)
            {
                // Somebody's: the next.
            }
        }
    }

    /// <summary>By a patch; null removes it.</summary>
    public async Task SetLabelAsync(string name, string? value)
    {
        string patch = new System.Text.Json.Nodes.JsonObject
        {
            ["metadata"] = new System.Text.Json.Nodes.JsonObject { ["labels"] = new System.Text.Json.Nodes.JsonObject { [name] = value } },
        }.ToJsonString();
        _service = await _api.Client.CoreV1.PatchNamespacedServiceAsync(new V1Patch(patch, V1Patch.PatchType.MergePatch), Name, _api.Namespace);
        if (_endpoints is not null) await SetEndpointsAsync(_endpoints);
    }

    /// <summary>Another proxy's; null makes it the one's under test again.</summary>
    public Task SetProxyAsync(string? name) => SetLabelAsync(ProxyName, name ?? RunSettings.Label);

    /// <summary>What the load balancer's controller writes.</summary>
    public Task SetIngressAsync(params IPAddress[] addresses) => WriteAsync(
        service => service.Status.LoadBalancer =
            new V1LoadBalancerStatus { Ingress = [.. addresses.Select(address => new V1LoadBalancerIngress { Ip = $"{address}" })] }, status: true);

    /// <summary>What the EndpointSlice controller writes: a slice for each family and set of ports, with the Service's labels. Slices of before go.</summary>
    public async Task SetEndpointsAsync(params PodEndpoint[] endpoints)
    {
        _endpoints = endpoints;
        var before = _slices.ToHashSet();
        int number = 0;
        foreach (string family in Spec.IpFamilies ?? ["IPv4"])
        {
            foreach (var alike in endpoints.DefaultIfEmpty().GroupBy(endpoint => string.Join(' ', endpoint?.Ports ?? [])))
            {
                var present = alike.OfType<PodEndpoint>().ToList();
                var ports = (Spec.Ports ?? []).Where(port => present.Count > 0 && present[0].Ports?.Contains(port.Name) != false).Select(PortOf);
                string name = string.Create(CultureInfo.InvariantCulture, $"{Name}-{++number}");
                await PutSliceAsync(name, family, [.. ports], [.. present.Select(endpoint => EndpointOf(endpoint, family))]);
                before.Remove(name);
            }
        }

        foreach (string name in before) await DeleteSliceAsync(name);
    }

    public async Task PutSliceAsync(string name, string family, IList<Discoveryv1EndpointPort> ports, IList<V1Endpoint> endpoints)
    {
        var labels = new Dictionary<string, string>(_service.Metadata.Labels ?? new Dictionary<string, string>())
        {
            ["kubernetes.io/service-name"] = Name,
            ["endpointslice.kubernetes.io/managed-by"] = ClusterApi.ManagedBy,
        };
        var slice = new V1EndpointSlice
        {
            Metadata = new V1ObjectMeta { Name = name, Labels = labels },
            AddressType = family,
            Ports = ports,
            Endpoints = endpoints,
        };
        if (_slices.Add(name)) await _api.Client.DiscoveryV1.CreateNamespacedEndpointSliceAsync(slice, _api.Namespace);
        else await _api.Client.DiscoveryV1.ReplaceNamespacedEndpointSliceAsync(slice, name, _api.Namespace);
    }

    public async Task DeleteSliceAsync(string name)
    {
        _slices.Remove(name);
        await _api.Client.DiscoveryV1.DeleteNamespacedEndpointSliceAsync(name, _api.Namespace);
    }

    /// <summary>Its slices go after it, as with the controller.</summary>
    public async Task DeleteAsync()
    {
        await _api.Client.CoreV1.DeleteNamespacedServiceAsync(Name, _api.Namespace);
        foreach (string slice in _slices.ToList()) await DeleteSliceAsync(slice);
    }

    public static V1Endpoint EndpointOf(PodEndpoint endpoint, string family, bool publishNotReady = false) => new()
    {
        Addresses = [$"{(family == "IPv6" ? endpoint.Pod.Host.Address6 : endpoint.Pod.Host.Address)}"],
        NodeName = endpoint.Pod.Node,
        Conditions = new V1EndpointConditions
        {
            Ready = publishNotReady || (endpoint.IsReady && !endpoint.IsTerminating),
            Serving = endpoint.IsReady,
            Terminating = endpoint.IsTerminating,
        },
        Hints = endpoint.Hints,
    };

    public Target ClusterIP(int index = 0, int family = 0) => At("ClusterIP", IPAddress.Parse(Spec.ClusterIPs[family]), index, port => port.Port);

    /// <summary>At the node's address of one of the Service's families.</summary>
    public Target NodePort(Host node, int index = 0, int family = 0) => At(
        $"NodePort of {node.Name}",
        Spec.IpFamilies?[family] == "IPv6" ? node.Address6 : node.Address,
        index,
        port => port.NodePort!.Value);

    public Target Ingress(IPAddress address, int index = 0) => At(Target.LoadBalancer, address, index, port => port.Port);

    public Target ExternalIP(IPAddress address, int index = 0) => At(Target.ExternalIP, address, index, port => port.Port);

    private Target At(string kind, IPAddress address, int index, Func<V1ServicePort, int> number) =>
        new(kind, address, number(Spec.Ports[index]), Spec.Ports[index].Protocol == "UDP", PodPortOf(Spec.Ports[index]));

    /// <summary>A load balancer is of a class that nobody has: no controller of a cloud makes one.</summary>
    private static V1ServiceSpec Classed(V1ServiceSpec spec)
    {
        spec.LoadBalancerClass = spec.Type == "LoadBalancer" ? "userproxy.io/conformance" : null;
        return spec;
    }

    private static Discoveryv1EndpointPort PortOf(V1ServicePort port) => new()
    {
        Name = port.Name ?? "",
        Port = PodPortOf(port),
        Protocol = port.Protocol,
    };

    private static int PodPortOf(V1ServicePort port) => int.Parse(port.TargetPort.Value, CultureInfo.InvariantCulture);

    private V1Endpoint EndpointOf(PodEndpoint endpoint, string family) => EndpointOf(endpoint, family, Spec.PublishNotReadyAddresses == true);

    private async Task WriteAsync(Action<V1Service> change, bool status = false)
    {
        while (true)
        {
            var service = await _api.Client.CoreV1.ReadNamespacedServiceAsync(Name, _api.Namespace);
            change(service);
            try
            {
                var written = status
                    ? _api.Client.CoreV1.ReplaceNamespacedServiceStatusAsync(service, Name, _api.Namespace)
                    : _api.Client.CoreV1.ReplaceNamespacedServiceAsync(service, Name, _api.Namespace);
                _service = await written;
                return;
            }
            catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.Conflict)
            {
                // Another writer was faster: once more on what it wrote.
            }
        }
    }
}
