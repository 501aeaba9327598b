using System.Net;
using System.Net.Security;
using System.Text;
using Microsoft.Extensions.Logging;

namespace UserProxy.Kubernetes.Client.Access;

/// <summary>
/// Kubeconfig files to a <see cref="ClusterAccess"/>: the context, its cluster and its user. Several are merged as kubectl does: the first file that has an
/// entry of a name has it whole. What is not supported (auth-provider, impersonation) is refused rather than left out: the server would answer as to somebody
/// else.
/// </summary>
internal sealed class KubeconfigReader
{
    private readonly AccessFiles _accessFiles = new();
    private readonly IReadOnlyList<KubeconfigFile> _files;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    private KubeconfigReader(IReadOnlyList<string> paths, byte[]? content, TimeProvider time, ILogger logger)
    {
        // Of a list, those that are not there are left out, as kubectl leaves them; one that was named must be there.
        var present = paths.Where(File.Exists).ToList();
        _files = [.. (paths.Count > 1 && present.Count > 0 ? present : paths).Select(path => new KubeconfigFile(path, content, _accessFiles))];
        _time = time;
        _logger = logger;
    }

    private string Printable => string.Join(':', _files.Select(file => file.Printable));

    public static ClusterAccess Read(IReadOnlyList<string> paths, string? context, TimeProvider time, ILogger logger, byte[]? content = null) =>
        new KubeconfigReader(paths, content, time, logger).Read(context, () => Read(paths, context, time, logger));

    private ClusterAccess Read(string? wanted, Func<ClusterAccess> makeAgain)
    {
        if (_files.All(file => file.OtherKind is not null)) throw _files[0].OtherKind!;
        string? name = wanted ?? _files.Select(file => file.Root.CurrentContext).FirstOrDefault(text => text is not null);
        if (string.IsNullOrEmpty(name)) throw Fault("current-context is not set; set it with: kubectl config use-context NAME");
        var context = Named("contexts", "context", name, file => file.Contexts, entry => entry.Context).Fields;
        var cluster = Named(
            "clusters", "cluster", context.Cluster ?? throw Fault($"context {PrintableText.Quote(name)} names no cluster"), file =>
                file.Clusters, entry => entry.Cluster);
        Entry<KubeconfigUser>? user = context.User is { } userName ? Named("users", "user", userName, file => file.Users, entry => entry.User) : null;

        var server = Server(cluster);
        byte[]? ca = cluster.File.Data(cluster.Fields.CertificateAuthorityData, cluster.Fields.CertificateAuthority, $"{cluster.Path}.certificate-authority");
        bool insecure = cluster.Fields.InsecureSkipTlsVerify ?? false;
        if (insecure && ca is not null) throw cluster.File.Fault("certificate-authority and insecure-skip-tls-verify exclude each other: remove one");
        var trust = insecure
            ? ServerTrust.Anything
            : ca is null ? ServerTrust.System : ServerTrust.OfBundle(SourceOfTrust(cluster), Encoding.UTF8.GetString(ca));
        var plugin = user is { } one ? Plugin(one, cluster.Fields, server, ca) : null;
        var identity = plugin is not null ? null : user is { } given ? IdentityOf(given) : new Identity($"nothing: the context of {Printable} names no user");
        if (server.Scheme == Uri.UriSchemeHttp && user is not null && !server.IsLoopback)
            throw cluster.File.Fault($"server {PrintableText.Quote(server.ToString())} is plain http: credentials are not sent there");

        return new ClusterAccess(server, trust, plugin is null ? _ => ValueTask.FromResult(identity!) : plugin.GetAsync)
        {
            Refused = plugin is null ? static _ => false : plugin.Refused,
            TlsServerName = cluster.Fields.TlsServerName,
            Proxy = Proxy(cluster),
            Files = _accessFiles,
            MakeAgain = makeAgain,
            Logger = _logger,
        };
    }

    private Entry<T> Named<T>(
        string list, string field, string name, Func<Kubeconfig, IReadOnlyList<KubeconfigEntry>?> entriesOf, Func<KubeconfigEntry, T?> fieldsOf)
        where T : class
    {
        foreach (var file in _files)
        {
            var entries = entriesOf(file.Root) ?? [];
            for (int i = 0; i < entries.Count; i++)
            {
                if (entries[i].Name == name && fieldsOf(entries[i]) is { } fields) return new Entry<T>(file, fields, $"{list}[{i}].{field}");
            }
        }

        throw Fault($"{list} holds no {field} named {PrintableText.Quote(name)}");
    }

    private static Uri Server(Entry<KubeconfigCluster> cluster)
    {
        string text = cluster.Fields.Server ?? "";
        if (Uri.TryCreate(text, UriKind.Absolute, out var server) && server.Scheme is "https" or "http")
        {
            // It is shown in logs and messages, and not even the HTTP client would send these.
            if (server.UserInfo.Length > 0)
                throw cluster.File.Fault("server holds a user name or password: they belong to the user entry, as username and password");
            return server;
        }

        throw cluster.File.Fault($"server {PrintableText.Quote(text)} is no URL; https://HOST:PORT is wanted");
    }

    private static WebProxy? Proxy(Entry<KubeconfigCluster> cluster)
    {
        if (cluster.Fields.ProxyUrl is not { } text) return null;
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" or "socks5") return new WebProxy(url);
        throw cluster.File.Fault($"proxy-url {PrintableText.Quote(text)} is no URL; http, https and socks5 are known");
    }

    private ExecCredentials? Plugin(Entry<KubeconfigUser> user, KubeconfigCluster cluster, Uri server, byte[]? ca)
    {
        if (user.Fields.Unsupported is { } field) throw user.File.Fault($"{user.Path}.{field}: is not supported; use an exec plugin or a user of its own");
        if (user.Fields.Exec is not { } exec) return null;
        return new ExecCredentials(
            user.File.Printable, ExecSettings.Read(exec, cluster, server, ca, user.File.Folder, user.File.Fault), Certificate(user), _time, _logger);
    }

    private Identity IdentityOf(Entry<KubeconfigUser> user)
    {
        var identity = user.File.PathOf(user.Fields.TokenFile) is { } file ? Identity.OfTokenFile(file, _accessFiles) : new Identity(SourceOf(user))
        {
            Token = user.Fields.Token is { } token ? Identity.CheckedToken($"{user.File.Printable}: {user.Path}.token", token) : null,
            Name = user.Fields.Username,
            Password = user.Fields.Password,
        };
        return identity with { Certificate = Certificate(user) };
    }

    /// <summary>What of the kubeconfig the server is shown, in words.</summary>
    private static string SourceOf(Entry<KubeconfigUser> user)
    {
        var (file, fields, path) = user;
        string[] shown =
        [
            .. fields.Token is not null ? [$"{path}.token of {file.Printable}"]
                : fields.Username is not null ? [$"{path}.username and password of {file.Printable}"] : Array.Empty<string>(),
            .. fields.ClientCertificateData is not null ? [$"{path}.client-certificate-data of {file.Printable}"]
                : file.PathOf(fields.ClientCertificate) is { } certificate
                ? [$"the client certificate of {PrintableText.Of(certificate, 400)}"]
                : Array.Empty<string>(),
        ];
        return shown.Length > 0 ? string.Join(" and ", shown) : $"nothing: the user of {file.Printable} has no credentials";
    }

    private static string SourceOfTrust(Entry<KubeconfigCluster> cluster) => cluster.Fields.CertificateAuthorityData is not null
        ? $"{cluster.File.Printable}: certificate-authority-data"
        : PrintableText.Of(cluster.File.PathOf(cluster.Fields.CertificateAuthority), 400);

    private static SslStreamCertificateContext? Certificate(Entry<KubeconfigUser> user)
    {
        byte[]? certificate = user.File.Data(user.Fields.ClientCertificateData, user.Fields.ClientCertificate, $"{user.Path}.client-certificate");
        byte[]? key = user.File.Data(user.Fields.ClientKeyData, user.Fields.ClientKey, $"{user.Path}.client-key");
        if (certificate is null && key is null) return null;
        if (certificate is null || key is null) throw user.File.Fault("client-certificate and client-key need each other: one is missing");
        return ClientCertificate.Of(user.File.Printable, Encoding.UTF8.GetString(certificate), Encoding.UTF8.GetString(key));
    }

    private ClusterAccessException Fault(string message) => new($"{Printable}: {message}");

    /// <param name="File">That has it.</param>
    /// <param name="Fields">What it says.</param>
    /// <param name="Path">Where in the file, for messages.</param>
    private readonly record struct Entry<T>(KubeconfigFile File, T Fields, string Path);
}
