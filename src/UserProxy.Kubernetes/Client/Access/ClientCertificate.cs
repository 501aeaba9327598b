using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace UserProxy.Kubernetes.Client.Access;

/// <summary>A client certificate in PEM form, with the intermediates that come after it, ready for TLS.</summary>
internal static class ClientCertificate
{
    /// <param name="source">Where it comes from, for the message.</param>
    /// <param name="certificate">The certificate first, then what it was signed by.</param>
    /// <param name="key">Its key, not encrypted.</param>
    /// <exception cref="ClusterAccessException">No pair, or nothing that can be read.</exception>
    public static SslStreamCertificateContext Of(string source, string certificate, string key)
    {
        try
        {
            var leaf = X509Certificate2.CreateFromPem(certificate, key);
            var all = new X509Certificate2Collection();
            all.ImportFromPem(certificate);
            all.RemoveAt(0);
            return SslStreamCertificateContext.Create(leaf, all, offline: true);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new ClusterAccessException(
                $"{PrintableText.Of(source, 400)}: client certificate and key cannot be used together: {PrintableText.Of(e.Message)}", e);
        }
    }
}
