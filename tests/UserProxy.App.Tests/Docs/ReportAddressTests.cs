using System.Text.RegularExpressions;

namespace UserProxy.App.Tests.Docs;

/// <summary>Where to report a weakness: the same in both pages, and not another domain than the chart's.</summary>
public sealed partial class ReportAddressTests
{
    [Fact]
    public void Pages_NameOneAddress_AndTheForm()
    {
        string[] pages = [Read("SECURITY.md"), Read("docs", "security.md")];

        pages.ShouldAllBe(page => page.Contains("*Report a", StringComparison.Ordinal));
        string address = pages.Select(page => Address().Match(page).Value).Distinct().ShouldHaveSingleItem();
        address.ShouldStartWith("security@");
        string domain = address.Split('@')[1];
        foreach (Match other in Address().Matches(Read("charts", "userproxy", "Chart.yaml"))) other.Value.Split('@')[1].ShouldBe(domain);
    }

    private static string Read(params string[] path) => File.ReadAllText(Path.Combine([Repository.Root, .. path]));

    [GeneratedRegex(@"[\w.-]+@[\w-]+(\.[\w-]+)+")]
    private static partial Regex Address();
}
