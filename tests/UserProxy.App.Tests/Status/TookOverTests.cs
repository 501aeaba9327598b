using System.Globalization;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.App.Status;
using UserProxy.App.Tests.CommandLine;

namespace UserProxy.App.Tests.Status;

/// <summary>Who has taken over from another source, which may not have been meant, reads it in <c>status</c>.</summary>
public sealed class TookOverTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.Parse("2026-01-01T00:01:00Z", CultureInfo.InvariantCulture);

    [Theory]
    [InlineData("/a.yaml", 2, "from pid 7 30s ago, which served /a.yaml; Services no longer served: a/b and 1 more")]
    [InlineData(null, 0, "from pid 7 30s ago")]
    public void Status_SaysFromWhom(string? source, int total, string says)
    {
        using var output = new StringWriter();
        var tookOver = new TookOverItem("pid 7", source, Now - TimeSpan.FromSeconds(30), total, total == 0 ? [] : ["a/b"]);

        new StatusText(output, Screen.None).Write(Samples.Status with { TookOver = tookOver }, Now);

        output.ToString().ShouldContain($"  took over   {says}{Environment.NewLine}");
    }

    [Fact]
    public void Status_OfOneThatHasNot_HasNoWordOfIt()
    {
        using var output = new StringWriter();

        new StatusText(output, Screen.None).Write(Samples.Status, Now);

        output.ToString().ShouldNotContain("took over");
    }
}
