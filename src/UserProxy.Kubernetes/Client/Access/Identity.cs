using System.Net.Security;

namespace UserProxy.Kubernetes.Client.Access;

/// <summary>
/// Who this process is to the API server: a token, a name with its password, a client certificate, some of these or nothing. Belongs to a connection: another
/// one is another object, and gets a new <see cref="ApiConnection"/>.
/// </summary>
/// <param name="Source">Where it comes from, in words that go on from "the server was shown".</param>
internal sealed record Identity(string Source)
{
    public string? Token { get; init; }

    public string? Name { get; init; }

    public string? Password { get; init; }

    public SslStreamCertificateContext? Certificate { get; init; }

    /// <summary>Orders the identities that one access gives: a higher one is newer.</summary>
    public int Turn { get; init; }

    /// <summary>Not what a record says of itself: that would hold the token.</summary>
    public override string ToString() => Source;

    /// <summary>A line break or worse in a token would be refused deep inside the HTTP client, with the token in the message.</summary>
    /// <exception cref="ClusterAccessException">It is no token.</exception>
    public static string CheckedToken(string source, string token)
    {
        foreach (char c in token)
        {
            if (c is <= ' ' or >= '\x7f') throw new ClusterAccessException($"{source}: the token holds characters that no token has (a line break, a space?)");
        }

        return token;
    }

    /// <summary>Out of a file that somebody else renews: the kubelet does so for a ServiceAccount, long before the old token ends.</summary>
    /// <exception cref="ClusterAccessException">There is none in it.</exception>
    public static Identity OfTokenFile(string path, AccessFiles files)
    {
        string token = files.Text(path).Trim();
        if (token.Length == 0) throw new ClusterAccessException($"{path}: the token is empty; is the ServiceAccount's token mounted?");
        return new Identity($"the token of {PrintableText.Of(path, 400)}") { Token = CheckedToken(path, token) };
    }
}
