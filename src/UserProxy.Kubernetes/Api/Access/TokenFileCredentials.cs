using System.Net.Http.Headers;
using System.Net.Security;

namespace UserProxy.Kubernetes.Api.Access;

/// <summary>A bearer token in a file that somebody else renews: the kubelet does so for a ServiceAccount, long before the old one ends.</summary>
internal sealed class TokenFileCredentials(string path, SslStreamCertificateContext? certificate, TimeProvider time) : Credentials
{
    private static readonly TimeSpan ReadAgainAfter = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private Identity? _known;
    private long _readAt;

    public override string Source => $"the token of {PrintableText.Of(path, 400)}";

    public override ValueTask<Identity> GetAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_known is null || time.GetElapsedTime(_readAt) >= ReadAgainAfter) Read();
            return new(_known!);
        }
    }

    public override bool Refused(Identity refused)
    {
        lock (_lock)
        {
            if (ReferenceEquals(_known, refused)) Read();
            return !ReferenceEquals(_known, refused);
        }
    }

    private void Read()
    {
        _readAt = time.GetTimestamp();
        try
        {
            string token = File.ReadAllText(path).Trim();
            if (token.Length == 0) throw new ClusterAccessException($"{path}: the token is empty; is the ServiceAccount's token mounted?");
            if (_known?.Authorization?.Parameter != token) _known = new Identity(Header(path, token), certificate);
        }
        // It is being replaced: a moment without it, or with half of it, is no reason to give up a token that still holds.
        catch (Exception e) when (_known is not null && e is IOException or UnauthorizedAccessException or ClusterAccessException)
        {
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ClusterAccessException($"{path}: the token cannot be read: {PrintableText.Of(e.Message)}", e);
        }
    }

    /// <summary>A line break or worse in a token would be refused deep inside the HTTP client, with the token in the message.</summary>
    public static AuthenticationHeaderValue Header(string source, string token)
    {
        foreach (char c in token)
        {
            if (c is <= ' ' or >= '\x7f') throw new ClusterAccessException($"{source}: the token holds characters that no token has (a line break, a space?)");
        }

        return new AuthenticationHeaderValue("Bearer", token);
    }
}
