using System.Net;
using UserProxy.FunctionalTests.Backends;
using UserProxy.Model;

namespace UserProxy.FunctionalTests.Support;

/// <summary>Builds a service port so that a test reads as a sentence: <c>Service.OnFreePort().To(echo1, echo2).With(settings)</c>.</summary>
internal sealed record Service(string Name, IPEndPoint Address, ServiceSettings Settings, IReadOnlyList<Endpoint> Endpoints)
{
    public static Service On(int port) => On(new IPEndPoint(IPAddress.Loopback, port));

    public static Service On(IPEndPoint address) => new($"service-{address.Port}", address, ServiceSettings.Default, []);

    public static Service OnFreePort() => On(FreePort.Next());

    public ServicePortName PortName => new("test", Name, "", TransportProtocol.Tcp);

    public Service To(params Backend[] backends) => this with { Endpoints = [.. backends.Select(backend => backend.Endpoint)] };

    public Service With(ServiceSettings settings) => this with { Settings = settings };

    public ServicePort ToServicePort()
    {
        ValueList<Endpoint> sorted = new([.. Endpoints.OrderBy(endpoint => endpoint.Key, StringComparer.Ordinal)]);
        return new ServicePort
        {
            Name = PortName,
            Family = Address.AddressFamily,
            Number = Address.Port,
            Settings = Settings,
            Listeners = [new ListenAddress(ListenerKind.NodePort, Address.Address, Address.Port)],
            Endpoints = sorted,
            ClusterEndpoints = sorted,
            HasEndpoints = sorted.Count > 0,
        };
    }
}
