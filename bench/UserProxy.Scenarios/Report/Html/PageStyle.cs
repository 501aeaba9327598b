using System.Security.Cryptography;
using System.Text;

namespace UserProxy.Scenarios.Report.Html;

/// <summary>
/// The style sheet of the page, inside it, and the policy that lets a browser take this one sheet and nothing else: no script, no picture, no other host.
/// </summary>
internal static class PageStyle
{
    public static string Css { get; } = Load();

    public static string Policy { get; } =
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Css)))}'; base-uri 'none'; form-action 'none'";

    private static string Load()
    {
        using var stream = typeof(PageStyle).Assembly.GetManifestResourceStream("page.css")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
