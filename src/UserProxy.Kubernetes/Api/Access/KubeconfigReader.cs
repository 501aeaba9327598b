using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Text;
using Microsoft.Extensions.Logging;
using UserProxy.Kubernetes.Manifests;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace UserProxy.Kubernetes.Api.Access;

/// <summary>
/// One kubeconfig file to a <see cref="ClusterAccess"/>: the context, its cluster and its user. What is not supported (auth-provider,
/// impersonation) is refused rather than left out: the server would answer as to somebody else.
/// </summary>
internal sealed class KubeconfigReader
{
    private readonly string _path;
    private readonly string _folder;
    private readonly ManifestErrors _errors;
    private readonly AccessFiles _files = new();
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    private KubeconfigReader(string path, TimeProvider time, ILogger logger)
    {
        _path = path;
        _folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
        _errors = new ManifestErrors(path);
        _time = time;
        _logger = logger;
    }

    public static ClusterAccess Read(string path, string? context, TimeProvider time, ILogger logger, byte[]? content = null)
    {
        var reader = new KubeconfigReader(path, time, logger);
        try
        {
            var access = reader.Read(reader.Load(content), context, () => Read(path, context, time, logger));
            return reader._errors.Faults == 0 ? access : throw reader.FirstFault();
        }
        catch (ClusterAccessException) when (reader._errors.Faults > 0)
        {
            throw reader.FirstFault(); // a field of the wrong type reads as absent, and is the better explanation
        }
    }

    private ManifestFields Load(byte[]? bytes)
    {
        if (bytes is null && _files.TryRead(_path, out bytes) is { } unreadable) throw new ClusterAccessException(unreadable.Problems[0].ToString());
        try
        {
            var documents = BoundedYaml.Load(Encoding.UTF8.GetString(bytes)).Documents;
            if (documents.Count > 0 && documents[0].RootNode is YamlMappingNode root) return new ManifestFields(root, "", _errors);
        }
        catch (YamlException e)
        {
            throw new ClusterAccessException($"{PrintableText.Of(_path, 400)}:{e.Start.Line}: {PrintableText.Of(e.Message, 300)}", e);
        }

        throw Fault("is no kubeconfig: a mapping with clusters, users and contexts is needed");
    }

    private ClusterAccess Read(ManifestFields root, string? wanted, Func<ClusterAccess> makeAgain)
    {
        string name = wanted ?? root.Text("current-context") ?? "";
        if (name.Length == 0) throw Fault("current-context is not set; set it with: kubectl config use-context NAME");
        var context = Named(root, "contexts", "context", name);
        var cluster = Named(root, "clusters", "cluster", context.Text("cluster") ?? throw Fault($"context {PrintableText.Quote(name)} names no cluster"));
        ManifestFields? user = context.Text("user") is { Length: > 0 } userName ? Named(root, "users", "user", userName) : null;

        var server = Server(cluster);
        byte[]? ca = Data(cluster, "certificate-authority");
        bool insecure = cluster.Flag("insecure-skip-tls-verify") ?? false;
        if (insecure && ca is not null) throw Fault("certificate-authority and insecure-skip-tls-verify exclude each other: remove one");
        var credentials = user is { } given ? Credentials(given, cluster, server, ca) : new FixedCredentials(Access.Credentials.Identity.Anonymous, $"nothing: the context of {Printable} names no user");
        if (server.Scheme == Uri.UriSchemeHttp && user is not null && !server.IsLoopback)
            throw Fault($"server {PrintableText.Quote(server.ToString())} is plain http: credentials are not sent there");

        return new ClusterAccess(server, _path, Trust(cluster, insecure, ca), credentials)
        {
            TlsServerName = cluster.Text("tls-server-name") is { Length: > 0 } serverName ? serverName : null,
            Proxy = Proxy(cluster),
            Files = _files,
            MakeAgain = makeAgain,
            Logger = _logger,
        };
    }

    private ManifestFields Named(ManifestFields root, string list, string field, string name)
    {
        ManifestFields? found = null;
        root.List(list, entry =>
        {
            if (found is null && entry.Text("name") == name) found = entry.Object(field);
            return true;
        });
        return found ?? throw Fault($"{list} holds no {field} named {PrintableText.Quote(name)}");
    }

    private Uri Server(ManifestFields cluster)
    {
        string text = cluster.Text("server") ?? "";
        if (Uri.TryCreate(text, UriKind.Absolute, out var server) && server.Scheme is "https" or "http")
        {
            // It is shown in logs and messages, and not even the HTTP client would send these.
            if (server.UserInfo.Length > 0) throw Fault("server holds a user name or password: they belong to the user entry, as username and password");
            return server;
        }

        throw Fault($"server {PrintableText.Quote(text)} is no URL; https://HOST:PORT is wanted");
    }

    private ServerTrust Trust(ManifestFields cluster, bool insecure, byte[]? ca)
    {
        if (insecure) return ServerTrust.Anything;
        if (ca is null) return ServerTrust.System;
        string? file = cluster.Text("certificate-authority-data") is { Length: > 0 } ? null : FileOf(cluster, "certificate-authority");
        return file is null
            ? ServerTrust.Of(ServerTrust.ReadBundle($"{_path}: certificate-authority-data", Encoding.UTF8.GetString(ca)))
            : ServerTrust.OfFile(file);
    }

    private WebProxy? Proxy(ManifestFields cluster)
    {
        if (cluster.Text("proxy-url") is not { Length: > 0 } text) return null;
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" or "socks5") return new WebProxy(url);
        throw Fault($"proxy-url {PrintableText.Quote(text)} is no URL; http, https and socks5 are known");
    }

    private Credentials Credentials(ManifestFields user, ManifestFields cluster, Uri server, byte[]? ca)
    {
        foreach (string field in (string[])["auth-provider", "as", "as-uid", "as-groups", "as-user-extra"])
        {
            if (user.Has(field)) throw Fault($"{user.Path(field)}: is not supported; use an exec plugin or a user of its own");
        }

        var certificate = Certificate(user);
        if (user.Object("exec") is { } exec) return ExecSettings.Read(exec, cluster, server, ca, _folder, Fault) is { } settings
            ? new ExecCredentials(_path, settings, certificate, _time, _logger)
            : throw Fault("exec cannot be read");
        if (FileOf(user, "tokenFile") is { } tokenFile) return new TokenFileCredentials(tokenFile, certificate, _time);
        return new FixedCredentials(new Credentials.Identity(Authorization(user), certificate), Source(user));
    }

    /// <summary>What of the kubeconfig the server is shown, in words.</summary>
    private string Source(ManifestFields user)
    {
        string[] shown =
        [
            .. user.Text("token") is { Length: > 0 } ? [$"{user.Path("token")} of {Printable}"]
                : user.Text("username") is { Length: > 0 } ? [$"{user.Path("username")} and password of {Printable}"] : Array.Empty<string>(),
            .. user.Text("client-certificate-data") is { Length: > 0 } ? [$"{user.Path("client-certificate-data")} of {Printable}"]
                : FileOf(user, "client-certificate") is { } file ? [$"the client certificate of {PrintableText.Of(file, 400)}"] : Array.Empty<string>(),
        ];
        return shown.Length > 0 ? string.Join(" and ", shown) : $"nothing: the user of {Printable} has no credentials";
    }

    private AuthenticationHeaderValue? Authorization(ManifestFields user)
    {
        if (user.Text("token") is { Length: > 0 } token) return TokenFileCredentials.Header($"{_path}: {user.Path("token")}", token);
        if (user.Text("username") is not { Length: > 0 } name) return null;
        return new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{name}:{user.Text("password")}")));
    }

    private SslStreamCertificateContext? Certificate(ManifestFields user)
    {
        byte[]? certificate = Data(user, "client-certificate");
        byte[]? key = Data(user, "client-key");
        if (certificate is null && key is null) return null;
        if (certificate is null || key is null) throw Fault("client-certificate and client-key need each other: one is missing");
        return ClientCertificate.Of(_path, Encoding.UTF8.GetString(certificate), Encoding.UTF8.GetString(key));
    }

    /// <summary>FIELD-data (base64) counts before the file that FIELD names, as in client-go.</summary>
    private byte[]? Data(ManifestFields fields, string field)
    {
        if (fields.Text(field + "-data") is { Length: > 0 } text)
        {
            var bytes = new byte[text.Length];
            return Convert.TryFromBase64String(text, bytes, out int length) ? bytes[..length] : throw Fault($"{fields.Path(field)}-data: is no base64");
        }

        if (FileOf(fields, field) is not { } path) return null;
        if (_files.TryRead(path, out var content) is { } unreadable)
            throw Fault($"{fields.Path(field)}: {unreadable.Problems[0]}");
        return content;
    }

    private string? FileOf(ManifestFields fields, string field) => fields.Text(field) is { Length: > 0 } path ? Path.Combine(_folder, path) : null;

    private ClusterAccessException FirstFault() => new(_errors.ToList()[0].ToString());

    private string Printable => PrintableText.Of(_path, 400);

    private ClusterAccessException Fault(string message) => new($"{Printable}: {message}");
}
