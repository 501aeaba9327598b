using System.Text.RegularExpressions;

namespace UserProxy.App.Tests.Docs;

/// <summary>
/// The page on the way from kube-proxy explains each reason that <c>migrate plan</c> has of its own, and says of the right ones that they need a decision.
/// </summary>
public sealed partial class PlanReasonsTests
{
    [Fact]
    public void Reasons_OfThePlan_AreOnThePage()
    {
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "replacing-kube-proxy.md"));
        string code = string.Concat(Directory.GetFiles(Path.Combine(Repository.Root, "src", "UserProxy.App", "Migrate"), "*.cs").Select(File.ReadAllText));
        var reasons = Reason().Matches(code).Select(match => (Name: match.Groups["name"].Value, Decides: match.Groups["decides"].Value == "true")).ToList();

        reasons.Count.ShouldBe(Made().Count(code) - 1, "each PlanFinding is read but the one whose reason comes from the builder of Services");
        Row().Matches(
            page).Select(match => match.Groups[1].Value).ShouldBe(reasons.Where(reason => reason.Decides).Select(reason => reason.Name), ignoreOrder: true);
        foreach (var (name, _) in reasons.Where(reason => !reason.Decides)) page.ShouldContain($"`{name}`");
    }

    [GeneratedRegex("""PlanArea\.\w+,\s*(?:NeedsDecision: )?(?<decides>true|false),\s*"(?<name>\w+)",""")]
    private static partial Regex Reason();

    [GeneratedRegex(@"PlanArea\.\w+,")]
    private static partial Regex Made();

    [GeneratedRegex(@"^\| `([A-Z]\w+)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
