using System.Net;
using System.Net.Security;
using System.Text;
using Microsoft.Extensions.Logging;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Manifests;

namespace UserProxy.Kubernetes.Client.Access;

/// <summary>
/// Kubeconfig files to a <see cref="ClusterAccess"/>: the context, its cluster and its user. Several are merged as kubectl does: the first file that has an entry
/// of a name has it whole. What is not supported (auth-provider, impersonation) is refused rather than left out: the server would answer as to somebody else.
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

    public static ClusterAccess Read(IReadOnlyList<string> paths, string? context, TimeProvider time, ILogger logger, byte[]? content = null)
    {
        var reader = new KubeconfigReader(paths, content, time, logger);
        try
        {
            var access = reader.Read(context, () => Read(paths, context, time, logger));
            return reader.WrongType is { } wrong ? throw wrong : access;
        }
        catch (ClusterAccessException) when (reader.WrongType is { } wrong)
        {
            throw wrong; // the better explanation: it has read as absent
        }
    }

    private ClusterAccessException? WrongType => _files.Select(file => file.WrongType).FirstOrDefault(wrong => wrong is not null);

    private ClusterAccess Read(string? wanted, Func<ClusterAccess> makeAgain)
    {
        string? name = wanted ?? _files.Select(file => file.Root.Text("current-context")).FirstOrDefault(text => !string.IsNullOrEmpty(text));
        if (string.IsNullOrEmpty(name)) throw Fault("current-context is not set; set it with: kubectl config use-context NAME");
        var (_, context) = Named("contexts", "context", name);
        var cluster = Named("clusters", "cluster", context.Text("cluster") ?? throw Fault($"context {PrintableText.Quote(name)} names no cluster"));
        Entry? user = context.Text("user") is { Length: > 0 } userName ? Named("users", "user", userName) : null;

        var server = Server(cluster);
        byte[]? ca = cluster.File.Data(cluster.Fields, "certificate-authority");
        bool insecure = cluster.Fields.Flag("insecure-skip-tls-verify") ?? false;
        if (insecure && ca is not null) throw cluster.File.Fault("certificate-authority and insecure-skip-tls-verify exclude each other: remove one");
        var trust = insecure ? ServerTrust.Anything : ca is null ? ServerTrust.System : ServerTrust.OfBundle(SourceOf(cluster, "certificate-authority"), Encoding.UTF8.GetString(ca));
        var plugin = user is { } one ? Plugin(one, cluster, server, ca) : null;
        var identity = plugin is not null ? null : user is { } given ? IdentityOf(given) : new Identity($"nothing: the context of {Printable} names no user");
        if (server.Scheme == Uri.UriSchemeHttp && user is not null && !server.IsLoopback)
            throw cluster.File.Fault($"server {PrintableText.Quote(server.ToString())} is plain http: credentials are not sent there");

        return new ClusterAccess(server, trust, plugin is null ? _ => ValueTask.FromResult(identity!) : plugin.GetAsync)
        {
            Refused = plugin is null ? static _ => false : plugin.Refused,
            TlsServerName = cluster.Fields.Text("tls-server-name") is { Length: > 0 } serverName ? serverName : null,
            Proxy = Proxy(cluster),
            Files = _accessFiles,
            MakeAgain = makeAgain,
            Logger = _logger,
        };
    }

    private Entry Named(string list, string field, string name)
    {
        foreach (var file in _files)
        {
            ManifestFields? found = null;
            file.Root.List(list, entry =>
            {
                if (found is null && entry.Text("name") == name) found = entry.Object(field);
                return true;
            });
            if (found is { } fields) return new Entry(file, fields);
        }

        throw Fault($"{list} holds no {field} named {PrintableText.Quote(name)}");
    }

    private static Uri Server(Entry cluster)
    {
        string text = cluster.Fields.Text("server") ?? "";
        if (Uri.TryCreate(text, UriKind.Absolute, out var server) && server.Scheme is "https" or "http")
        {
            // It is shown in logs and messages, and not even the HTTP client would send these.
            if (server.UserInfo.Length > 0) throw cluster.File.Fault("server holds a user name or password: they belong to the user entry, as username and password");
            return server;
        }

        throw cluster.File.Fault($"server {PrintableText.Quote(text)} is no URL; https://HOST:PORT is wanted");
    }

    private static WebProxy? Proxy(Entry cluster)
    {
        if (cluster.Fields.Text("proxy-url") is not { Length: > 0 } text) return null;
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" or "socks5") return new WebProxy(url);
        throw cluster.File.Fault($"proxy-url {PrintableText.Quote(text)} is no URL; http, https and socks5 are known");
    }

    private ExecCredentials? Plugin(Entry user, Entry cluster, Uri server, byte[]? ca)
    {
        foreach (string field in (string[])["auth-provider", "as", "as-uid", "as-groups", "as-user-extra"])
        {
            if (user.Fields.Has(field)) throw user.File.Fault($"{user.Fields.Path(field)}: is not supported; use an exec plugin or a user of its own");
        }

        if (user.Fields.Object("exec") is not { } exec) return null;
        return new ExecCredentials(user.File.Printable, ExecSettings.Read(exec, cluster.Fields, server, ca, user.File.Folder, user.File.Fault), Certificate(user), _time, _logger);
    }

    private Identity IdentityOf(Entry user)
    {
        var identity = user.File.PathOf(user.Fields, "tokenFile") is { } file ? Identity.OfTokenFile(file, _accessFiles) : new Identity(SourceOf(user))
        {
            Token = user.Fields.Text("token") is { Length: > 0 } token ? Identity.CheckedToken($"{user.File.Printable}: {user.Fields.Path("token")}", token) : null,
            Name = user.Fields.Text("username"),
            Password = user.Fields.Text("password"),
        };
        return identity with { Certificate = Certificate(user) };
    }

    /// <summary>What of the kubeconfig the server is shown, in words.</summary>
    private static string SourceOf(Entry user)
    {
        var (file, fields) = user;
        string[] shown =
        [
            .. fields.Text("token") is { Length: > 0 } ? [$"{fields.Path("token")} of {file.Printable}"]
                : fields.Text("username") is { Length: > 0 } ? [$"{fields.Path("username")} and password of {file.Printable}"] : Array.Empty<string>(),
            .. fields.Text("client-certificate-data") is { Length: > 0 } ? [$"{fields.Path("client-certificate-data")} of {file.Printable}"]
                : file.PathOf(fields, "client-certificate") is { } path ? [$"the client certificate of {PrintableText.Of(path, 400)}"] : Array.Empty<string>(),
        ];
        return shown.Length > 0 ? string.Join(" and ", shown) : $"nothing: the user of {file.Printable} has no credentials";
    }

    private static string SourceOf(Entry entry, string field) => entry.Fields.Text(field + "-data") is { Length: > 0 }
        ? $"{entry.File.Printable}: {field}-data"
        : PrintableText.Of(entry.File.PathOf(entry.Fields, field), 400);

    private static SslStreamCertificateContext? Certificate(Entry user)
    {
        byte[]? certificate = user.File.Data(user.Fields, "client-certificate");
        byte[]? key = user.File.Data(user.Fields, "client-key");
        if (certificate is null && key is null) return null;
        if (certificate is null || key is null) throw user.File.Fault("client-certificate and client-key need each other: one is missing");
        return ClientCertificate.Of(user.File.Printable, Encoding.UTF8.GetString(certificate), Encoding.UTF8.GetString(key));
    }

    private ClusterAccessException Fault(string message) => new($"{Printable}: {message}");

    private readonly record struct Entry(KubeconfigFile File, ManifestFields Fields);
}
