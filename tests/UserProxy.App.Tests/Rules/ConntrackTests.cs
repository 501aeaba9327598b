using UserProxy.App.Rules;

namespace UserProxy.App.Tests.Rules;

/// <summary>
/// What rules see of a connection where conntrack has not had the packet, or was told to leave it alone: seen of the kernel's counters, a packet is invalid
/// before conntrack, and no comparison of its mark, direction or status holds.
/// </summary>
public sealed class ConntrackTests
{
    [Theory]
    [InlineData("prerouting", "raw", "ct state new", "Through")]
    [InlineData("prerouting", "raw", "ct state established", "Through")]
    [InlineData("prerouting", "raw", "ct state invalid", "First")]
    [InlineData("prerouting", "raw", "ct state != new", "First")]
    [InlineData("prerouting", "raw", "ct state untracked", "Through")]
    [InlineData("prerouting", "raw", "ct mark 0x0", "Through")]
    [InlineData("prerouting", "raw", "ct mark != 0x5", "Through")]
    [InlineData("prerouting", "raw", "ct direction != reply", "Through")]
    [InlineData("prerouting", "raw", "ct status != dnat", "Through")]
    [InlineData("prerouting", "-200", "ct state invalid", "Perhaps")]
    [InlineData("prerouting", "-199", "ct state invalid", "Through")]
    [InlineData("prerouting", "mangle", "ct state new", "First")]
    [InlineData("prerouting", "mangle", "ct direction != reply", "First")]
    [InlineData("input", "raw", "ct state new", "First")]
    [InlineData("input", "raw", "ct state invalid", "Through")]
    [InlineData("output", "raw", "ct state invalid", "Answer")]
    [InlineData("output", "raw", "ct state established", "Through")]
    public void ClientFromOutside(string hook, string priority, string condition, string fate) =>
        Ruleset.Fate("nft", Chain(hook, priority, $"{condition} drop"), Ruleset.Outside).ShouldBe(fate);

    /// <summary>Over loopback a packet that comes in has its connection already.</summary>
    [Theory]
    [InlineData("prerouting", "ct state new", "First")]
    [InlineData("prerouting", "ct state invalid", "Through")]
    [InlineData("output", "ct state invalid", "First")]
    public void ProcessOfThisNode(string hook, string condition, string fate) =>
        Ruleset.Fate("nft", Chain(hook, "raw", $"{condition} drop"), Ruleset.Here).ShouldBe(fate);

    [Theory]
    [InlineData("-m conntrack --ctstate NEW -j DROP", "Through")]
    [InlineData("-m conntrack --ctstate INVALID -j DROP", "First")]
    [InlineData("-m connmark ! --mark 0x5 -j DROP", "Through")]
    [InlineData("-m conntrack --ctdir ORIGINAL -j DROP", "Through")]
    [InlineData("-m conntrack ! --ctstatus ASSURED -j DROP", "Through")]
    [InlineData("-j CONNMARK --set-xmark 0x1/0xffffffff|-j CONNMARK --restore-mark|-m mark --mark 0x1 -j DROP", "Through")]
    public void ClientFromOutside_OfIptablesRawTable(string rules, string fate) =>
        Ruleset.Fate("iptables-save", Raw("PREROUTING", rules), Ruleset.Outside).ShouldBe(fate);

    /// <summary>Without a connection nothing of it is met, and NAT is not asked.</summary>
    [Theory]
    [InlineData("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m conntrack --ctdir ORIGINAL -j DROP\nCOMMIT", "Through")]
    [InlineData("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m conntrack --ctstate INVALID -j DROP\nCOMMIT", "Through")]
    [InlineData("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m conntrack ! --ctstate NEW,ESTABLISHED -j DROP\nCOMMIT", "First")]
    [InlineData("*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -j REDIRECT --to-ports 1234\nCOMMIT", "Through")]
    public void PacketThatIsNotTracked(string rules, string fate) =>
        Ruleset.Fate("iptables-save", $"{Raw("PREROUTING", "-j CT --notrack")}\n{rules}", Ruleset.Outside).ShouldBe(fate);

    /// <summary>No rule there lets by what is established: nothing is.</summary>
    [Theory]
    [InlineData("prerouting", true, "sudo nft insert rule inet f c ip saddr 10.244.1.5 tcp sport 8080 accept")]
    [InlineData("output", false, "sudo nft insert rule inet f c tcp sport 30080 accept")]
    public void WhatIsDroppedBeforeConntrack_IsLetByByItsPort(string hook, bool isDial, string command)
    {
        var connection = isDial ? Ruleset.Dial : Ruleset.Outside;

        var dropping = Ruleset.Follow("nft", Chain(hook, "raw", "ct state invalid drop"), connection)!;

        (RuleCommands.LetBy(dropping, connection), dropping.IsRest).ShouldBe((command, false));
    }

    private static string Chain(string hook, string priority, string rule) =>
        Ruleset.Nft(hook, rule).Replace("priority filter", $"priority {priority}", StringComparison.Ordinal);

    private static string Raw(string chain, string rules) => Ruleset.Iptables(chain, rules).Replace("*filter", "*raw", StringComparison.Ordinal);
}
