using UserProxy.App.Rules;
using UserProxy.Linux.PortInspection;

namespace UserProxy.App.Tests.Rules;

/// <summary>What is to be typed where a chain drops: by the tool that has it, for its table and family.</summary>
public sealed class RuleCommandsTests
{
    [Theory]
    [InlineData("nft", "inet filter", "input", "First", "sudo nft insert rule inet filter input tcp dport 30080 accept")]
    [InlineData("nft", "ip6 f", "in", "Later", "sudo nft insert rule ip6 f in ct state established,related accept")]
    [InlineData("iptables-save", "filter", "INPUT", "First", "sudo iptables -I INPUT -p tcp --dport 30080 -j ACCEPT")]
    [InlineData("ip6tables-save", "mangle", "PREROUTING", "First", "sudo ip6tables -t mangle -I PREROUTING -p tcp --dport 30080 -j ACCEPT")]
    [InlineData("iptables-legacy-save", "filter", "OUTPUT", "Answer", "sudo iptables-legacy -I OUTPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT")]
    [InlineData("nft", "inet firewalld", "filter_IN_public", "First",
        "sudo firewall-cmd --zone=public --add-port=30080/tcp && sudo firewall-cmd --permanent --zone=public --add-port=30080/tcp")]
    [InlineData("nft", "inet firewalld", "filter_INPUT", "First",
        "sudo firewall-cmd --add-port=30080/tcp && sudo firewall-cmd --permanent --add-port=30080/tcp")]
    [InlineData("nft", "inet firewalld", "filter_OUTPUT", "Answer", null)]
    [InlineData("iptables-save", "filter", "ufw-user-input", "First", "sudo ufw allow 30080/tcp")]
    [InlineData("iptables-save", "filter", "$(reboot)", "First", null)]
    public void Client_IsLetBy(string source, string table, string chain, string kind, string? command) =>
        RuleCommands.LetBy(Dropped(source, table, chain, Enum.Parse<PacketKind>(kind)), Ruleset.Outside).ShouldBe(command);

    /// <summary>The family netdev knows no conntrack: the kernel refuses a rule that asks it there.</summary>
    [Fact]
    public void AnswerAtTheInterface_IsLetByItsPort()
    {
        string listing = Ruleset.Nft("egress", "tcp sport 30080 drop").Replace("table inet f", "table netdev f", StringComparison.Ordinal)
            .Replace("hook egress", "hook egress device \"eth0\"", StringComparison.Ordinal);

        string? command = RuleCommands.LetBy(Ruleset.Follow("nft", listing, Ruleset.Outside).ShouldNotBeNull(), Ruleset.Outside);

        command.ShouldNotBeNull().ShouldEndWith(" tcp sport 30080 accept");
    }

    /// <summary>ufw and firewalld forget what others write beside them: the policy of a hook's chain is theirs, a rule in it need not be.</summary>
    [Theory]
    [InlineData("ufw-before-input", "", "sudo ufw allow 30080/tcp")]
    [InlineData("INPUT_ZONES", "", "sudo firewall-cmd --add-port=30080/tcp && sudo firewall-cmd --permanent --add-port=30080/tcp")]
    [InlineData("ufw-before-input", "-p tcp -m tcp --dport 30080 -j DROP", "sudo iptables -I INPUT -p tcp --dport 30080 -j ACCEPT")]
    [InlineData("LOGGED", "", "sudo iptables -I INPUT -p tcp --dport 30080 -j ACCEPT")]
    public void PolicyOfAManagedChain_IsLetByWithItsOwnTool(string jump, string rule, string command)
    {
        var chain = new FilterChain("iptables-save", "filter", "INPUT") { Hook = "input", DropsTheRest = true, Rules = [$"-A INPUT -j {jump}"] };
        var dropping = new Dropping(PacketKind.First, chain, rule.Length > 0 ? $"-A INPUT {rule}" : null, IsCertain: true, [], IsReached: true);

        RuleCommands.LetBy(dropping, Ruleset.Outside).ShouldBe(command);
        if (command.StartsWith("sudo ufw", StringComparison.Ordinal)) RuleCommands.Show(dropping).ShouldBe("sudo ufw status numbered");
    }

    [Theory]
    [InlineData("iptables-save", "filter", "ufw-user-output", "sudo ufw allow out to 10.244.1.5 port 8080 proto tcp")]
    [InlineData("nft", "inet f", "out", "sudo nft insert rule inet f out ip daddr 10.244.1.5 tcp dport 8080 accept")]
    [InlineData("iptables-save", "filter", "OUTPUT", "sudo iptables -I OUTPUT -d 10.244.1.5 -p tcp --dport 8080 -j ACCEPT")]
    public void Dial_IsLetBy(string source, string table, string chain, string command) =>
        RuleCommands.LetBy(Dropped(source, table, chain, PacketKind.First), Ruleset.Dial).ShouldBe(command);

    private static Dropping Dropped(string source, string table, string chain, PacketKind kind) =>
        new(kind, new FilterChain(source, table, chain), null, IsCertain: true, [], IsReached: true);
}
