using System.Net;
using System.Net.Sockets;

namespace UserProxy.App.Demo;

/// <summary>The demo's Service as a folder with a manifest, so that it takes the same way into the proxy as everybody's. Removed at the end.</summary>
internal sealed class DemoManifest : IDisposable
{
    private DemoManifest(string folder) => Folder = folder;

    public string Folder { get; }

    public static DemoManifest Write(int nodePort, IEnumerable<DemoBackend> backends)
    {
        string service = $"""
            apiVersion: v1
            kind: Service
            metadata:
              name: hello
              namespace: demo
            spec:
              type: NodePort
              ports:
                - name: http
                  port: 80
                  nodePort: {nodePort}
                - name: echo
                  protocol: UDP
                  port: 7
                  nodePort: {nodePort}

            """;
        // A port belongs to a slice, not to an endpoint: backends on ports of their own are slices of their own.
        var slices = backends.Select((backend, index) => $"""
            ---
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata:
              name: hello-{index + 1}
              namespace: demo
              labels:
                kubernetes.io/service-name: hello
            addressType: IPv4
            ports:
              - name: http
                port: {backend.Address.Port}
              - name: echo
                protocol: UDP
                port: {backend.EchoAddress.Port}
            endpoints:
              - addresses: ["{backend.Address.Address}"]

            """);
        string folder = Directory.CreateTempSubdirectory("userproxy-demo-").FullName;
        File.WriteAllText(Path.Combine(folder, "hello.yaml"), service + string.Concat(slices));
        return new DemoManifest(folder);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    /// <summary>The wanted port when it is free, else a free one.</summary>
    public static int ChoosePort(int wanted) => BindAny(wanted) ?? BindAny(0) ?? wanted;

    /// <summary>Free for TCP and for UDP.</summary>
    private static int? BindAny(int port)
    {
        using var stream = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var datagram = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            stream.Bind(new IPEndPoint(IPAddress.Any, port));
            stream.Listen(1);
            int free = ((IPEndPoint)stream.LocalEndPoint!).Port;
            datagram.Bind(new IPEndPoint(IPAddress.Any, free));
            return free;
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
