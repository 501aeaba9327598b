using System.Net;
using k8s;
using k8s.Autorest;
using UserProxy.ConformanceTests.Cluster;

namespace UserProxy.ConformanceTests.Cases;

/// <summary>
/// What the other cases take for granted of the API server: no matter of a proxy, but where the fake differs from a real one, they would ask for what no
/// cluster has. Upstream: service.go, and pkg/registry/core/service.
/// </summary>
public sealed class ApiCases(ConformanceCluster cluster) : ConformanceCase(cluster)
{
    [Fact(DisplayName = "API: Services should prevent NodePort collisions")]
    public async Task NodePortCollision()
    {
        var one = await CreateAsync("nodeport-collision-1", spec => spec.Type = "NodePort");
        int port = one.Spec.Ports[0].NodePort!.Value;
        Task<TestedService> SecondAsync() => CreateAsync("nodeport-collision-2", spec =>
        {
            spec.Type = "NodePort";
            spec.Ports[0].NodePort = port;
        });
        await IsRefusedByApiAsync("a second Service with the same NodePort", "provided port is already allocated", SecondAsync);
        await one.DeleteAsync();
        (await SecondAsync()).Spec.Ports[0].NodePort.ShouldBe(port);
    }

    [Fact(DisplayName = "API: Services should check NodePort out-of-range")]
    public async Task NodePortOutOfRange()
    {
        var service = await CreateAsync("nodeport-range-test", spec => spec.Type = "NodePort");
        await IsRefusedByApiAsync(
            "an update to NodePort 1", "provided port is not in the valid range", () => service.UpdateAsync(spec => spec.Ports[0].NodePort = 1));
    }

    [Fact(DisplayName = "API: a change of type drops what belonged to the type, and keeps the rest")]
    public async Task TypeChanges()
    {
        var service = await CreateAsync("type-changes", spec =>
        {
            spec.Type = "LoadBalancer";
            spec.ExternalTrafficPolicy = "Local";
        });
        string clusterIP = service.Spec.ClusterIP;
        int nodePort = service.Spec.Ports[0].NodePort!.Value;
        service.Spec.HealthCheckNodePort.GetValueOrDefault().ShouldBeGreaterThan(0);
        await service.UpdateAsync(spec => spec.Type = "NodePort");
        service.Spec.HealthCheckNodePort.GetValueOrDefault().ShouldBe(0);
        service.Spec.Ports[0].NodePort.ShouldBe(nodePort);
        service.Spec.ExternalTrafficPolicy.ShouldBe("Local");
        await service.UpdateAsync(spec => spec.Type = "ClusterIP");
        service.Spec.Ports[0].NodePort.GetValueOrDefault().ShouldBe(0);
        service.Spec.ExternalTrafficPolicy.ShouldBeNullOrEmpty();
        service.Spec.ClusterIP.ShouldBe(clusterIP);
        await service.UpdateAsync(spec =>
        {
            spec.Type = "ExternalName";
            spec.ExternalName = "example.com";
        });
        service.Spec.ClusterIP.ShouldBeNullOrEmpty();
        await LookAsync("the type after all changes", "ExternalName", () => Task.FromResult(service.Spec.Type));
    }

    [Fact(DisplayName = "API: two protocols on one number of a Service get one NodePort")]
    public async Task OneNodePort()
    {
        var service = await CreateAsync("one-nodeport", spec =>
        {
            spec.Type = "NodePort";
            spec.Ports = [PortOf("tcp", 80), PortOf("udp", 80, protocol: "UDP")];
        });
        await LookAsync("NodePorts", "1", () => Task.FromResult($"{service.Spec.Ports.Select(port => port.NodePort).Distinct().Count()}"));
    }

    [Fact(DisplayName = "API: a write on an old version is a conflict, and the status is written by itself")]
    public async Task Conflict()
    {
        var service = await CreateAsync("conflict");
        var client = Cluster.Api.Client.CoreV1;
        var read = await client.ReadNamespacedServiceAsync(service.Name, Cluster.Api.Namespace);
        await service.SetIngressAsync(NextLoadBalancerIP());
        await IsRefusedByApiAsync(
            "an update of what was read before another", "the object has been modified", () =>
                client.ReplaceNamespacedServiceAsync(read, service.Name, Cluster.Api.Namespace));
        await service.UpdateAsync(spec => spec.SessionAffinity = "ClientIP");
        var now = await client.ReadNamespacedServiceAsync(service.Name, Cluster.Api.Namespace);
        now.Status.LoadBalancer.Ingress.Count.ShouldBe(1);
        now.Spec.SessionAffinityConfig.ClientIP.TimeoutSeconds.ShouldBe(10_800);
    }

    private Task IsRefusedByApiAsync(string what, string why, Func<Task> write) => LookAsync(
        what,
        why,
        async () =>
        {
            try
            {
                await write();
                return "taken";
            }
            catch (HttpOperationException e) when (e.Response.StatusCode is HttpStatusCode.UnprocessableEntity or HttpStatusCode.Conflict)
            {
                return e.Response.Content.Contains(why, StringComparison.Ordinal) ? why : e.Response.Content;
            }
        });
}
