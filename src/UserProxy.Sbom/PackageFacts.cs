using System.Xml.Linq;

namespace UserProxy.Sbom;

/// <summary>What a package says of itself (its nuspec), and the hash of the file that was downloaded.</summary>
/// <param name="Sha512">In lower-case hexadecimal, of the .nupkg.</param>
/// <param name="Authors">As written.</param>
/// <param name="Description">As written.</param>
/// <param name="License">An SPDX expression; null when the package has none.</param>
/// <param name="LicenseUrl">Where its license is, for one without an expression.</param>
/// <param name="Repository">Of its source.</param>
internal sealed record PackageFacts(string Sha512, string? Authors, string? Description, string? License, string? LicenseUrl, string? Repository)
{
    /// <param name="folder">Of the package in the packages folder.</param>
    public static PackageFacts Read(string folder)
    {
        var metadata = XDocument.Load(Single(folder, "*.nuspec")).Root?.Elements().FirstOrDefault(element => element.Name.LocalName == "metadata")
            ?? throw new InvalidDataException($"{folder}: the nuspec has no metadata");
        XElement? Element(string name) => metadata.Elements().FirstOrDefault(element => element.Name.LocalName == name);
        var license = Element("license");
        bool isExpression = license?.Attribute("type")?.Value == "expression";
        byte[] hash = Convert.FromBase64String(File.ReadAllText(Single(folder, "*.nupkg.sha512")).Trim());
        return new(
            Convert.ToHexStringLower(hash), Element("authors")?.Value, Element("description")?.Value, isExpression ? license!.Value : null,
            isExpression ? null : Element("licenseUrl")?.Value, Element("repository")?.Attribute("url")?.Value);
    }

    private static string Single(string folder, string pattern) =>
        Directory.EnumerateFiles(folder, pattern).FirstOrDefault() ?? throw new InvalidDataException($"{folder}: there is no {pattern}");
}
