using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace UserProxy.FakeApiServer;

/// <summary>Who may come in: a bearer token, a name and password, or a client certificate of the cluster's CA.</summary>
public sealed class Accounts(ClusterPki pki)
{
    /// <summary>May be changed while the server runs, as tokens are.</summary>
    public string Token { get; set; } = "first-token";

    public bool RefuseCertificates { get; set; }

    /// <summary>Whose certificates are no longer believed, by common name: as if they had expired.</summary>
    public HashSet<string> Refused { get; } = [];

    public const string User = "admin";

    public const string Password = "pass:word";

    internal bool Knows(HttpContext context)
    {
        string given = context.Request.Headers.Authorization.ToString();
        if (given == $"Bearer {Token}") return true;
        if (given == $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}"))}") return true;
        return !RefuseCertificates && context.Connection.ClientCertificate is { } certificate && pki.HasSigned(certificate)
            && !Refused.Contains(certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false));
    }
}
