using System.Text.Json.Nodes;

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
        KubeconfigExec exec, KubeconfigCluster cluster, Uri server, byte[]? ca, string folder, Func<string, ClusterAccessException> fault)
    {
        string version = exec.ApiVersion ?? "";
        if (version is not ("client.authentication.k8s.io/v1" or "client.authentication.k8s.io/v1beta1"))
            throw fault(
                $"exec.apiVersion {PrintableText.Quote(version)}: client.authentication.k8s.io/v1 and /v1beta1 are known; update the plugin or its entry");

        string command = exec.Command ?? throw fault("exec.command is needed");
        if (exec.InteractiveMode is not (null or "Never" or "IfAvailable" or "Always"))
            throw fault($"exec.interactiveMode must be one of Never, IfAvailable, Always, not {PrintableText.Quote(exec.InteractiveMode)}");
        if (exec.InteractiveMode == "Always") throw fault("exec.interactiveMode is Always, but there is nobody to ask here");
        if (exec.InteractiveMode is null && version.EndsWith("/v1", StringComparison.Ordinal))
            throw fault("exec.interactiveMode is needed: Never or IfAvailable");

        var spec = new JsonObject { ["interactive"] = false };
        if (exec.ProvideClusterInfo ?? false)
        {
            var told = new JsonObject { ["server"] = server.ToString() };
            if (cluster.TlsServerName is not null) told["tls-server-name"] = cluster.TlsServerName;
            if (cluster.ProxyUrl is not null) told["proxy-url"] = cluster.ProxyUrl;
            if (cluster.InsecureSkipTlsVerify is { } insecure) told["insecure-skip-tls-verify"] = insecure;
            if (ca is not null) told["certificate-authority-data"] = Convert.ToBase64String(ca);
            spec["cluster"] = told;
        }

        return new ExecSettings
        {
            ApiVersion = version,
            // A path is relative to the kubeconfig, a bare name is looked up in PATH.
            Command = command.Contains('/', StringComparison.Ordinal) ? Path.GetFullPath(Path.Combine(folder, command)) : command,
            Arguments = exec.Args ?? [],
            Environment = [.. (exec.Env ?? []).Where(variable => variable.Name is not null).Select(variable => (variable.Name!, variable.Value ?? ""))],
            Info = new JsonObject { ["apiVersion"] = version, ["kind"] = "ExecCredential", ["spec"] = spec }.ToJsonString(),
            InstallHint = exec.InstallHint,
        };
    }
}
