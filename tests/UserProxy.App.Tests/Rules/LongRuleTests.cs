namespace UserProxy.App.Tests.Rules;

/// <summary>Blocklists of thousands of addresses in one rule, set or map: judged by the whole, and soon.</summary>
public sealed class LongRuleTests
{
    private const int Many = 10_000;

    private static string Addresses { get; } = string.Join(", ", Enumerable.Range(0, Many).Select(Address));

    [Theory]
    [InlineData("ip saddr { {0} } drop", "Through")]
    [InlineData("ip saddr { {0}, 10.7.7.2 } drop", "First")]
    [InlineData("ip saddr { 10.7.7.2, {0} } drop", "First")]
    [InlineData("ip saddr != { {0} } drop", "First")]
    [InlineData("tcp dport 22 ip saddr { {0}, 10.7.7.2 } drop", "Through")]
    [InlineData("ip saddr { {0}, 10.7.7.2 } tcp dport 30080 accept; drop", "Through")]
    [InlineData("ip saddr vmap { {1}, 10.7.7.2 : drop }", "First")]
    [InlineData("ip saddr vmap { {1} }", "Through")]
    [InlineData("ip saddr . tcp dport { {2}, 10.7.7.2 . 30080 } drop", "First")]
    public void LongSetOfARule_IsReadToItsEnd(string rules, string fate)
    {
        string text = rules.Replace("{0}", Addresses, StringComparison.Ordinal)
            .Replace("{1}", Addresses.Replace(",", " : drop,", StringComparison.Ordinal) + " : drop", StringComparison.Ordinal)
            .Replace("{2}", Addresses.Replace(",", " . 30080,", StringComparison.Ordinal) + " . 30080", StringComparison.Ordinal);

        Ruleset.Fate("nft", Ruleset.Nft("input", text), Ruleset.Asked).ShouldBe(fate);
    }

    private static string Address(int number) => $"203.{number / 250}.{number % 250}.9";
}
