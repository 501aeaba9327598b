using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.App.Status;
using UserProxy.App.Tests.CommandLine;

namespace UserProxy.App.Tests.Status;

/// <summary>An address that is left to an endpoint in the host's network is <c>Failed</c>, as it is meant to be.</summary>
public sealed class LeftAddressTests
{
    private const string ToEndpoint = "the port is taken by web (pid 7), which is endpoint 127.0.0.1:30080, to which it is left";

    [Theory]
    [InlineData(ToEndpoint, true)]
    [InlineData("the port is taken by nginx (pid 7)", false)]
    public void Well_WhereItIsLeft(string reason, bool isWell) => StatusCommand.IsWell(Of(reason)).ShouldBe(isWell);

    /// <summary>Told, and not among what has failed.</summary>
    [Fact]
    public void Text_HasItAmongTheNotes()
    {
        using var text = new StringWriter { NewLine = "\n" };

        new StatusText(text, Screen.None).Write(Of(ToEndpoint), Samples.Now);

        text.ToString().ShouldStartWith("node-1: ready\n");
        text.ToString().ShouldNotContain("\nFailed\n");
        text.ToString().ShouldContain($"\nNotes\n  Service shop/web: 0.0.0.0:30080: {ToEndpoint} (FailedToListen)\n");
    }

    private static ProcessStatus Of(string reason) => Samples.Status with
    {
        Listeners = new Dictionary<string, int> { ["Failed"] = 1 },
        FailedListeners = [new("shop", "web", "http", "NodePort", "0.0.0.0", 30080, reason)],
        Issues = [new IssueItem("Service shop/web", "FailedToListen", $"0.0.0.0:30080: {reason}")],
    };
}
