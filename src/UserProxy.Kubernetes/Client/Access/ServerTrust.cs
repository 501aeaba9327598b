using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace UserProxy.Kubernetes.Client.Access;

/// <summary>
/// Which server certificates are believed: those of the given CA and no other, those of the system's store when none is given, or all
/// (insecure-skip-tls-verify). The name is checked by SslStream against the host that was asked for. Used by <see cref="ApiConnection"/>.
/// </summary>
internal sealed class ServerTrust
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    private readonly X509Certificate2Collection? _roots;
    private readonly bool _anything;

    private ServerTrust(X509Certificate2Collection? roots, bool anything)
    {
        _roots = roots;
        _anything = anything;
    }

    public static ServerTrust System { get; } = new(null, false);

    public static ServerTrust Anything { get; } = new(null, true);

    /// <summary>Why the last certificate was refused, for the message of the request that failed by it.</summary>
    public string? LastProblem { get; private set; }

    /// <param name="source">Where it comes from, for the message.</param>
    /// <param name="pem">All CERTIFICATE blocks count.</param>
    /// <exception cref="ClusterAccessException">There are none.</exception>
    public static ServerTrust OfBundle(string source, string pem)
    {
        var roots = new X509Certificate2Collection();
        try
        {
            roots.ImportFromPem(pem);
        }
        catch (CryptographicException e)
        {
            throw new ClusterAccessException($"{source}: the CA certificate cannot be read: {PrintableText.Of(e.Message)}", e);
        }

        return roots.Count > 0 ? new ServerTrust(roots, false) : throw new ClusterAccessException($"{source}: holds no CERTIFICATE block in PEM form");
    }

    public bool Validate(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (_anything) return true;
        LastProblem = Problem(certificate as X509Certificate2, chain, errors);
        return LastProblem is null;
    }

    private string? Problem(X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable)) return "the server showed no certificate";
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            return $"the server's certificate ({PrintableText.Of(certificate.Subject)}) is for another name; "
                + "tls-server-name in the kubeconfig says which name to expect";
        }

        if (_roots is null)
            return errors == SslPolicyErrors.None ? null : "the server's certificate is not signed by a CA of this system; certificate-authority names another";

        return IsSignedBy(_roots, certificate, chain) is { } reason ? $"the server's certificate ({PrintableText.Of(certificate.Subject)}) {reason}" : null;
    }

    private static string? IsSignedBy(X509Certificate2Collection roots, X509Certificate2 certificate, X509Chain? shown)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(roots);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck; // a cluster's CA publishes no lists
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        if (shown is not null) chain.ChainPolicy.ExtraStore.AddRange(shown.ChainPolicy.ExtraStore);
        if (chain.Build(certificate)) return null;

        var status = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, one) => all | one.Status);
        // An intermediate CA in the bundle is trusted as it stands, as Go does: its own issuer need not be there.
        if (status == X509ChainStatusFlags.PartialChain && roots.Contains(chain.ChainElements[^1].Certificate)) return null;
        if (status.HasFlag(X509ChainStatusFlags.NotTimeValid)) return "or its CA's has expired or is not valid yet (is this node's clock right?)";
        if (status.HasFlag(X509ChainStatusFlags.NotValidForUsage)) return "is not meant for servers";
        return "is not signed by the CA that was given";
    }
}
