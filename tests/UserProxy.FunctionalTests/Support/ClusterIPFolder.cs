using System.Net;

namespace UserProxy.FunctionalTests.Support;

/// <summary>A folder with one Service on ClusterIP 10.96.0.5:80 and its one endpoint on port 8080, for a proxy of any user. Goes away with the test.</summary>
internal sealed class ClusterIPFolder : IAsyncDisposable
{
    public static readonly IPAddress ClusterIP = IPAddress.Parse("10.96.0.5");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("userproxy-services-");

    public string Path => _folder.FullName;

    public static async Task<ClusterIPFolder> WriteAsync(IPAddress endpoint)
    {
        var folder = new ClusterIPFolder();
        await Tool.RunAsync("chmod", "0777", folder.Path);
        await File.WriteAllTextAsync(System.IO.Path.Combine(folder.Path, "web.yaml"), $$$"""
            kind: Service
            apiVersion: v1
            metadata: {name: web, namespace: demo}
            spec: {clusterIP: {{{ClusterIP}}}, ports: [{port: 80}]}
            ---
            kind: EndpointSlice
            apiVersion: discovery.k8s.io/v1
            metadata: {name: web-1, namespace: demo, labels: {kubernetes.io/service-name: web}}
            addressType: IPv4
            ports: [{port: 8080}]
            endpoints: [{addresses: ["{{{endpoint}}}"]}]
            """);
        return folder;
    }

    public ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }
}
