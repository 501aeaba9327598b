using UserProxy.Kubernetes.Manifests;
using UserProxy.Kubernetes.Objects;

namespace UserProxy.Kubernetes.Tests;

/// <summary>The shortest way to the objects that a test wants to talk about.</summary>
internal static class Objects
{
    public static ManifestContent ReadManifest(string path) => ManifestReader.TryReadFile(path, out byte[] bytes) ?? ManifestReader.ReadBytes(path, bytes);

    public static ServiceObject NodePortService(string name, int nodePort, string ns = "demo") => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = ns },
        Spec = new ServiceSpec { Type = "NodePort", Ports = [new ServicePortSpec { Name = "http", Port = 80, NodePort = nodePort }] },
    };

    public static EndpointSliceObject Slice(string name, string service, int port, params IEnumerable<EndpointObject> endpoints) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = name,
            Namespace = "demo",
            Labels = new Dictionary<string, string> { ["kubernetes.io/service-name"] = service },
        },
        AddressType = "IPv4",
        Ports = [new EndpointPortObject { Name = "http", Port = port }],
        Endpoints = [.. endpoints],
    };

    public static EndpointObject Endpoint(string address, bool? ready = null, bool? serving = null, bool? terminating = null) => new()
    {
        Addresses = [address],
        Conditions = new EndpointConditions { Ready = ready, Serving = serving, Terminating = terminating },
    };
}
