namespace UserProxy.App.Tests.Docs;

/// <summary>Where to report a weakness: the same form in both pages, and no mailbox that nobody reads.</summary>
public sealed class ReportAddressTests
{
    [Theory]
    [InlineData("SECURITY.md")]
    [InlineData("docs/security.md")]
    public void Page_NamesTheForm(string path)
    {
        string page = File.ReadAllText(Path.Combine(Repository.Root, path));

        page.ShouldContain("*Report a\nvulnerability* (`/security/advisories/new` under the repository's address)");
        page.ShouldNotContain("security@");
    }
}
