using UserProxy.Linux.VirtualIPs;

namespace UserProxy.Linux.Tests.VirtualIPs;

public sealed class GuardListingTests
{
    /// <summary>As nft 1.0.6 prints it.</summary>
    private const string Head = "table inet userproxy {\n\tset v4 {\n\t\ttype ipv4_addr\n";

    private const string Tail =
        "\t}\n\n\tset v6 {\n\t\ttype ipv6_addr\n\t}\n\n\tchain guard {\n\t\tmeta l4proto != { icmp, tcp, udp, ipv6-icmp } counter reject\n\t}\n}\n";

    [Theory]
    [InlineData("", 0)]
    [InlineData("\t\telements = { 10.0.0.1 }\n", 1)]
    [InlineData("\t\telements = { 10.0.0.1, 10.0.0.2,\n\t\t\t     10.0.0.3, 10.0.0.4,\n\t\t\t     10.0.0.5 }\n", 5)]
    public void Parse_Elements_AreCountedAndNoPartOfTheRules(string elements, int count) =>
        GuardListing.Parse(Head + elements + Tail).ShouldBe(new GuardListing(Head + Tail, count));

    [Fact]
    public void Parse_ElementsOfSeveralSets_AreCountedTogether() =>
        GuardListing.Parse("\telements = { 10.0.0.1 }\n}\nset v6 {\n\telements = { fd96::1,\n\t\tfd96::2 }\n").Elements.ShouldBe(3);
}
