namespace UserProxy.Kubernetes.Api.Access;

/// <summary>What the kubeconfig itself holds: a token, a name and password, a client certificate, or nothing.</summary>
internal sealed class FixedCredentials(Credentials.Identity identity, string source) : Credentials
{
    public override string Source => source;

    public override ValueTask<Identity> GetAsync(CancellationToken cancellationToken) => new(identity);
}
