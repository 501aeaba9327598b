using System.Text.Json.Nodes;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Manifests;

namespace UserProxy.Kubernetes.Client.Access;

/// <summary>The <c>exec</c> part of a kubeconfig's user: which program gives the credentials, and what it is told.</summary>
internal sealed record ExecSettings
{
    public required string ApiVersion { get; init; }

    public required string Command { get; init; }

    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>On top of this process's own.</summary>
    public required IReadOnlyList<(string Name, string Value)> Environment { get; init; }

    /// <summary>The value of KUBERNETES_EXEC_INFO.</summary>
    public required string Info { get; init; }

    public string? InstallHint { get; init; }

    public static ExecSettings Read(
        ManifestFields exec, ManifestFields cluster, Uri server, byte[]? ca, string folder, Func<string, ClusterAccessException> fault)
    {
        string version = exec.Text("apiVersion") ?? "";
        if (version is not ("client.authentication.k8s.io/v1" or "client.authentication.k8s.io/v1beta1"))
            throw fault($"exec.apiVersion {PrintableText.Quote(version)}: client.authentication.k8s.io/v1 and /v1beta1 are known; update the plugin or its entry");

        string command = exec.Text("command") is { Length: > 0 } given ? given : throw fault("exec.command is needed");
        string? mode = exec.Word("interactiveMode", "Never", "IfAvailable", "Always");
        if (mode == "Always") throw fault("exec.interactiveMode is Always, but there is nobody to ask here");
        if (mode is null && version.EndsWith("/v1", StringComparison.Ordinal)) throw fault("exec.interactiveMode is needed: Never or IfAvailable");

        var variables = new List<(string, string)>();
        exec.List("env", entry =>
        {
            if (entry.Text("name") is { Length: > 0 } name) variables.Add((name, entry.Text("value") ?? ""));
            return true;
        });

        var spec = new JsonObject { ["interactive"] = false };
        if (exec.Flag("provideClusterInfo") ?? false)
        {
            var told = new JsonObject { ["server"] = server.ToString() };
            foreach (string field in (string[])["tls-server-name", "proxy-url"])
            {
                if (cluster.Text(field) is { Length: > 0 } text) told[field] = text;
            }

            if (cluster.Flag("insecure-skip-tls-verify") is { } insecure) told["insecure-skip-tls-verify"] = insecure;
            if (ca is not null) told["certificate-authority-data"] = Convert.ToBase64String(ca);
            spec["cluster"] = told;
        }

        return new ExecSettings
        {
            ApiVersion = version,
            // A path is relative to the kubeconfig, a bare name is looked up in PATH.
            Command = command.Contains('/', StringComparison.Ordinal) ? Path.GetFullPath(Path.Combine(folder, command)) : command,
            Arguments = exec.Texts("args") ?? [],
            Environment = variables,
            Info = new JsonObject { ["apiVersion"] = version, ["kind"] = "ExecCredential", ["spec"] = spec }.ToJsonString(),
            InstallHint = exec.Text("installHint"),
        };
    }
}
