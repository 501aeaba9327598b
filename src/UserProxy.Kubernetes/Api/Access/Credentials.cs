using System.Net.Http.Headers;
using System.Net.Security;

namespace UserProxy.Kubernetes.Api.Access;

/// <summary>Who this process is to the API server. Asked by <see cref="ApiClient"/> before each request, from several tasks at once.</summary>
internal abstract class Credentials
{
    /// <summary>Where they come from, in words that go on from "the server was shown".</summary>
    public abstract string Source { get; }

    /// <summary>What to present now.</summary>
    /// <exception cref="ClusterAccessException">They cannot be had (yet).</exception>
    public abstract ValueTask<Identity> GetAsync(CancellationToken cancellationToken);

    /// <summary>Told that the server refused them (401). True when the next <see cref="GetAsync"/> may give others.</summary>
    public virtual bool Refused(Identity refused) => false;

    /// <summary>
    /// An Authorization header, a client certificate, both or neither. A certificate belongs to a connection: when another one comes, the
    /// connections of the old one get no new requests.
    /// </summary>
    internal sealed record Identity(AuthenticationHeaderValue? Authorization, SslStreamCertificateContext? Certificate)
    {
        public static readonly Identity Anonymous = new(null, null);
    }
}
