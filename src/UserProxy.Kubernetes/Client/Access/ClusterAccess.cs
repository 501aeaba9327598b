using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace UserProxy.Kubernetes.Client.Access;

/// <summary>
/// Where the API server is, whom to believe and who we are: from a Pod's ServiceAccount or from a kubeconfig. Made by the executable,
/// used by <see cref="ApiClient"/>. Reads files, and for an exec plugin starts a program. A new one is made when its files change.
/// </summary>
public sealed class ClusterAccess
{
    /// <summary>Where the kubelet mounts the ServiceAccount.</summary>
    public const string ServiceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

    internal ClusterAccess(Uri server, ServerTrust trust, Func<CancellationToken, ValueTask<Identity>> identify)
    {
        Server = server;
        Trust = trust;
        Identify = identify;
    }

    internal ClusterAccess(Uri server, ServerTrust trust, Identity identity)
        : this(server, trust, _ => ValueTask.FromResult(identity))
    {
    }

    /// <summary>Set in every container of a cluster, and nowhere else.</summary>
    public const string HostVariable = "KUBERNETES_SERVICE_HOST";

    /// <summary>With a path when the API is behind one.</summary>
    public Uri Server { get; }

    internal ServerTrust Trust { get; }

    /// <summary>
    /// What to present now; asked before each request, from several tasks at once. Throws <see cref="ClusterAccessException"/> when it cannot be had (yet).
    /// </summary>
    internal Func<CancellationToken, ValueTask<Identity>> Identify { get; }

    /// <summary>Told that the server refused an identity (401). True when the next <see cref="Identify"/> may give another.</summary>
    internal Func<Identity, bool> Refused { get; init; } = static _ => false;

    /// <summary>The name that the server's certificate must carry, when it is not the server's address.</summary>
    internal string? TlsServerName { get; init; }

    /// <summary>Null: what HTTPS_PROXY and NO_PROXY say.</summary>
    internal IWebProxy? Proxy { get; init; }

    /// <summary>What it was made of, and is to be made of again when that changes.</summary>
    internal AccessFiles Files { get; init; } = new();

    /// <summary>Reads the files anew.</summary>
    internal Func<ClusterAccess>? MakeAgain { get; init; }

    internal ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>What <c>run</c> starts from: the kubeconfig when one is named, else those of KUBECONFIG, else the Pod's ServiceAccount.</summary>
    /// <param name="kubeconfig">--kubeconfig, or null.</param>
    /// <param name="variable">What an environment variable holds: KUBECONFIG, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are asked for.</param>
    /// <param name="time">See <see cref="FromKubeconfig"/>.</param>
    /// <param name="logger">See <see cref="FromKubeconfig"/>.</param>
    /// <exception cref="ClusterAccessException">Its message is for the user, and says what to do.</exception>
    public static ClusterAccess Find(string? kubeconfig, Func<string, string?> variable, TimeProvider time, ILogger logger)
    {
        if (!string.IsNullOrEmpty(kubeconfig)) return FromKubeconfig(kubeconfig, time, logger);
        return variable("KUBECONFIG")?.Split(':', StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } list
            ? KubeconfigReader.Read(list, null, time, logger)
            : InCluster(variable(HostVariable), variable("KUBERNETES_SERVICE_PORT"), logger);
    }

    /// <summary>As a Pod.</summary>
    /// <param name="host">KUBERNETES_SERVICE_HOST, or an address that needs no ClusterIP to be reached: this process is what serves those.</param>
    /// <param name="port">KUBERNETES_SERVICE_PORT.</param>
    /// <param name="logger">Told of files that have changed.</param>
    /// <param name="folder">With the files <c>token</c> and <c>ca.crt</c>.</param>
    /// <exception cref="ClusterAccessException">This is no Pod, or one without a ServiceAccount token.</exception>
    public static ClusterAccess InCluster(string? host, string? port, ILogger logger, string folder = ServiceAccountFolder)
    {
        if (string.IsNullOrEmpty(host) || string.IsNullOrEmpty(port))
        {
            throw new ClusterAccessException(
                "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set: this is no Pod. Give --kubeconfig FILE, or --manifests PATH to serve "
                    + "without a cluster");
        }

        if (Uri.CheckHostName(host) == UriHostNameType.Unknown || !ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out ushort number))
            throw new ClusterAccessException($"KUBERNETES_SERVICE_HOST and _PORT: {PrintableText.Quote(host)} and {PrintableText.Quote(port)} are no address");

        string token = Path.Combine(folder, "token");
        if (!File.Exists(token))
            throw new ClusterAccessException(
                $"{token}: is missing; set automountServiceAccountToken: true on the Pod or its ServiceAccount, or give --kubeconfig FILE");

        var files = new AccessFiles();
        string ca = Path.Combine(folder, "ca.crt");
        var server = new UriBuilder(Uri.UriSchemeHttps, host, number).Uri;
        return new ClusterAccess(server, ServerTrust.OfBundle(ca, files.Text(ca)), Identity.OfTokenFile(token, files))
        {
            Files = files,
            MakeAgain = () => InCluster(host, port, logger, folder),
            Logger = logger,
        };
    }

    /// <summary>Reads a kubeconfig; files it names are relative to it. Nothing is asked of the server yet, and no plugin started.</summary>
    /// <param name="path">The file.</param>
    /// <param name="time">Drives the expiry of what exec plugins give.</param>
    /// <param name="logger">Told what a plugin complains about, and of files that have changed.</param>
    /// <param name="context">Instead of the file's current-context.</param>
    /// <param name="content">What the file holds, when it has been read already; then it is not followed.</param>
    /// <exception cref="ClusterAccessException">What is wrong with the file, with its line where it has one.</exception>
    public static ClusterAccess FromKubeconfig(string path, TimeProvider time, ILogger logger, string? context = null, byte[]? content = null) =>
        KubeconfigReader.Read([path], context, time, logger, content);
}
