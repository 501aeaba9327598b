namespace UserProxy.App.Tests;

/// <summary>Manifest text for the tests of this project.</summary>
internal static class Manifests
{
    public static string Service(string name, int nodePort, int backendPort = 9) => $"""
        apiVersion: v1
        kind: Service
        metadata:
          name: {name}
          namespace: default
        spec:
          type: NodePort
          ports:
            - port: 80
              nodePort: {nodePort}
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata:
          name: {name}-1
          namespace: default
          labels:
            kubernetes.io/service-name: {name}
        addressType: IPv4
        ports:
          - port: {backendPort}
        endpoints:
          - addresses: ["127.0.0.1"]

        """;
}
