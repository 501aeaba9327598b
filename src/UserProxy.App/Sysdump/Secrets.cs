using System.Text.RegularExpressions;

namespace UserProxy.App.Sysdump;

/// <summary>
/// Takes out whatever looks like a secret. None is asked for: settings name files and show none. But messages quote servers and tools, which may quote what
/// they were given; so this is the last gate of everything that goes into an archive.
/// </summary>
internal static partial class Secrets
{
    private const string Gone = "REMOVED";

    public static string Removed(string text)
    {
        text = UserInfo().Replace(text, $"://{Gone}@");
        text = Bearer().Replace(text, $"${{word}} {Gone}");
        text = WebToken().Replace(text, Gone);
        text = Pem().Replace(text, Gone);
        return Assigned().Replace(text, $"${{name}}{Gone}");
    }

    [GeneratedRegex(@"://[^/\s@""']+@")]
    private static partial Regex UserInfo();

    [GeneratedRegex(@"\b(?<word>Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}", RegexOptions.IgnoreCase)]
    private static partial Regex Bearer();

    /// <summary>RFC 7519: three parts in base64url, of which the first two are JSON.</summary>
    [GeneratedRegex(@"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(\.[A-Za-z0-9_-]*)?")]
    private static partial Regex WebToken();

    [GeneratedRegex(@"-----BEGIN [A-Z ]+-----.*?(-----END [A-Z ]+-----|\z)", RegexOptions.Singleline)]
    private static partial Regex Pem();

    [GeneratedRegex(
        @"(?<name>\b(?:password|passwd|secret|token|api[_-]?key)[""']?\s*[=:]\s*[""']?)(?!null\b|true\b|false\b)[^\s""',;{}\[\]]+", RegexOptions.IgnoreCase)]
    private static partial Regex Assigned();
}
