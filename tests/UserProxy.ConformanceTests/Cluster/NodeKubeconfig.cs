using System.Text;
using k8s;

namespace UserProxy.ConformanceTests.Cluster;

/// <summary>
/// The kubeconfig of a node's proxy: the cluster, the user and the name of the server's certificate are those of the one that the run was given, the address is
/// that of the node's <see cref="ApiGate"/>. All in one file; an exec plugin has been run once, where it has a network.
/// </summary>
internal static class NodeKubeconfig
{
    public static async Task<string> OfAsync(string path)
    {
        var file = new FileInfo(path);
        var all = await KubernetesClientConfiguration.LoadKubeConfigAsync(file);
        var read = KubernetesClientConfiguration.BuildConfigFromConfigObject(all);
        var server = new Uri(read.Host);
        var context = all.Contexts.First(one => one.Name == read.CurrentContext).ContextDetails;
        var cluster = all.Clusters.First(one => one.Name == context.Cluster).ClusterEndpoint;
        var user = all.Users.First(one => one.Name == context.User).UserCredentials;
        var text = new StringBuilder($$"""
            apiVersion: v1
            kind: Config
            current-context: node
            contexts: [{name: node, context: {cluster: node, user: node} }]
            clusters:
              - name: node
                cluster:
                  server: {{server.Scheme}}://127.0.0.1:{{ApiGate.Port}}
                  tls-server-name: "{{read.TlsServerName ?? server.DnsSafeHost}}"

            """);
        if (cluster.SkipTlsVerify) text.AppendLine("      insecure-skip-tls-verify: true");
        else AppendData(text, "certificate-authority-data", cluster.CertificateAuthorityData, cluster.CertificateAuthority, file);
        text.AppendLine("users:").AppendLine("  - name: node").AppendLine("    user:");
        AppendData(text, "client-certificate-data", read.ClientCertificateData ?? user.ClientCertificateData, user.ClientCertificate, file);
        AppendData(text, "client-key-data", read.ClientCertificateKeyData ?? user.ClientKeyData, user.ClientKey, file);
        if (read.AccessToken is { } token) text.AppendLine($"      token: \"{token}\"");
        if (read.Username is { } name) text.AppendLine($"      username: \"{name}\"").AppendLine($"      password: \"{read.Password}\"");
        return text.ToString();
    }

    private static void AppendData(StringBuilder text, string key, string? data, string? path, FileInfo beside)
    {
        if (string.IsNullOrEmpty(data) && !string.IsNullOrEmpty(path))
            data = Convert.ToBase64String(File.ReadAllBytes(Path.Combine(beside.DirectoryName!, path)));
        if (!string.IsNullOrEmpty(data)) text.AppendLine($"      {key}: {data}");
    }
}
