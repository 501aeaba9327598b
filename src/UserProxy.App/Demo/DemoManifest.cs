using System.Net;
using System.Net.Sockets;

namespace UserProxy.App.Demo;

/// <summary>The demo's Service as a folder with a manifest, so that it takes the same way into the proxy as everybody's. Removed at the end.</summary>
internal sealed class DemoManifest : IDisposable
{
    private DemoManifest(string folder) => Folder = folder;

    public string Folder { get; }

    public static DemoManifest Write(int nodePort, IEnumerable<IPEndPoint> endpoints)
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

            """;
        // A port belongs to a slice, not to an endpoint: backends on ports of their own are slices of their own.
        var slices = endpoints.Select((endpoint, index) => $"""
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
                port: {endpoint.Port}
            endpoints:
              - addresses: ["{endpoint.Address}"]

            """);
        string folder = Directory.CreateTempSubdirectory("userproxy-demo-").FullName;
        File.WriteAllText(Path.Combine(folder, "hello.yaml"), service + string.Concat(slices));
        return new DemoManifest(folder);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    /// <summary>The wanted port when it is free, else a free one.</summary>
    public static int ChoosePort(int wanted) => BindAny(wanted) ?? BindAny(0) ?? wanted;

    private static int? BindAny(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
            socket.Listen(1);
            return ((IPEndPoint)socket.LocalEndPoint!).Port;
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
