using System.Globalization;
using System.Text.RegularExpressions;

namespace UserProxy.App.Tests.Docs;

/// <summary>Whatever code, tests and pages cite is in this repository: a rule, a decision, a golden folder, a test.</summary>
public sealed partial class CitationTests
{
    private static readonly string Semantics = File.ReadAllText(Path.Combine(Repository.Root, "docs", "semantics.md"));

    private static readonly HashSet<int> Decisions =
        [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs", "decisions"), "*.md").Select(NumberOf)];

    private readonly Citations _citations = new(Citations.RulesOf(Semantics).ToHashSet(), Decisions);

    [Fact]
    public void Citations_OfEveryFile_AreThere()
    {
        TextFiles.All
            .SelectMany(file => _citations.BrokenIn(File.ReadAllText(file)).Select(broken => $"{TextFiles.Relative(file)}: {broken}"))
            .ShouldBeEmpty();

        _citations.Rules.ShouldBeGreaterThan(15);
        _citations.Decisions.ShouldBeGreaterThan(100);
    }

    /// <summary>The faults are put together here, so that this file has none.</summary>
    [Theory]
    [InlineData("docs/semantics", ".md 1.1")]
    [InlineData("docs/semantics", ".md 99.1", "99.1")]
    [InlineData("docs/semantics", ".md 1.1, 1.2\n/// and 99.2)", "99.2")]
    [InlineData("docs/semantics", ".md 1.1 to 1.99", "1.99")]
    [InlineData("docs/decisions", "/0001, 0002 and 9998", "9998")]
    [InlineData("as decision", " 9999 has it", "9999")]
    [InlineData("[decision", " 1](decisions/0002-dial-and-relay-by-value.md)", "leads to another")]
    [InlineData("(SEMANTICS", " 1.7)", "not in this repository")]
    [InlineData("CONTRACT", "'s words", "not in this repository")]
    public void BrokenIn_KnownFault_IsFound(string first, string second, string? found = null)
    {
        var broken = _citations.BrokenIn(first + second).ToList();

        if (found is null) broken.ShouldBeEmpty();
        else broken.ShouldHaveSingleItem().ShouldContain(found);
    }

    [Fact]
    public void Semantics_EachRule_StandsInItsSection_AndSaysWhereItComesFromAndWhatPinsIt()
    {
        var wrong = new List<string>();
        int rules = 0;
        foreach (string section in Section().Split(Semantics).Skip(1))
        {
            string number = section[..section.IndexOf('.', StringComparison.Ordinal)];
            int last = 0;
            foreach (string rule in section.Split("\n\n").Skip(1).Select(text => text.Trim()).Where(text => text.Length > 0))
            {
                var start = RuleStart().Match(rule);
                rules++;
                if (!start.Success || start.Groups["section"].Value != number) wrong.Add($"no rule of section {number}: {rule}");
                else if (int.Parse(start.Groups["rule"].Value, CultureInfo.InvariantCulture) <= last) wrong.Add($"out of order: {rule}");
                else last = int.Parse(start.Groups["rule"].Value, CultureInfo.InvariantCulture);
                if (!rule.Contains("Source:", StringComparison.Ordinal)) wrong.Add($"without a source: {rule}");
                if (!PinnedBy().IsMatch(rule)) wrong.Add($"pinned by nothing that is named: {rule}");
            }
        }

        wrong.ShouldBeEmpty();
        rules.ShouldBeGreaterThan(60);
    }

    [Fact]
    public void Semantics_GoldenFoldersAndTests_AreThere()
    {
        var tests = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (string text in TextFiles.All.Where(IsTest).Select(File.ReadAllText))
        {
            var methods = Method().Matches(text).Select(match => match.Groups["name"].Value).ToList();
            foreach (Match found in Class().Matches(text))
            {
                if (!tests.TryGetValue(found.Groups["name"].Value, out var all)) tests.Add(found.Groups["name"].Value, all = []);
                all.UnionWith(methods);
            }
        }

        var golden = Directory.GetDirectories(Path.Combine(Repository.Root, "tests", "UserProxy.Kubernetes.Tests", "testassets"))
            .Select(Path.GetFileName)
            .ToHashSet();
        var cited = CitedTest().Matches(Semantics);

        Golden().Matches(Semantics).Select(match => match.Groups["name"].Value).Where(name => name != "NAME" && !golden.Contains(name)).ShouldBeEmpty();
        cited.Select(match => match.Groups["class"].Value).Where(name => name != "SomeTests" && !tests.ContainsKey(name)).ShouldBeEmpty();
        cited.Where(match => match.Groups["method"].Success && tests.TryGetValue(match.Groups["class"].Value, out var methods)
                && !methods.Contains(match.Groups["method"].Value))
            .Select(match => match.Value)
            .ShouldBeEmpty();
        cited.Count.ShouldBeGreaterThan(100);
    }

    private static bool IsTest(string file) => Path.GetExtension(file) == ".cs" && TextFiles.Relative(file).StartsWith("tests/", StringComparison.Ordinal);

    private static int NumberOf(string decision) => int.Parse(Path.GetFileName(decision).AsSpan(0, 4), CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^## (?=\d+\. )", RegexOptions.Multiline)]
    private static partial Regex Section();

    [GeneratedRegex(@"^\*\*(?<section>\d+)\.(?<rule>\d+)\*\* ")]
    private static partial Regex RuleStart();

    [GeneratedRegex(@"Pinned\s+by:\s+`")]
    private static partial Regex PinnedBy();

    [GeneratedRegex("`golden/(?<name>[^`]+)`")]
    private static partial Regex Golden();

    [GeneratedRegex(@"`(?<class>\w+(?:Tests|Properties))(?:\.(?<method>\w+))?`")]
    private static partial Regex CitedTest();

    [GeneratedRegex(@"\bclass (?<name>\w+)")]
    private static partial Regex Class();

    [GeneratedRegex(@"\b(?:void|Task) (?<name>\w+)\(")]
    private static partial Regex Method();
}
