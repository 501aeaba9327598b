using UserProxy.App.Top;

namespace UserProxy.App.Tests.Top;

/// <summary>What a terminal is told before and after <c>top</c>.</summary>
public sealed class TopTerminalTests
{
    /// <summary>The cursor, its keys, long lines and the screen, each as it was.</summary>
    [Fact]
    public void Dispose_TakesBackAllThatWasSet()
    {
        var cli = new Cli();

        new TopTerminal(cli.Surroundings).Dispose();

        string told = cli.Out.ToString();
        told.ShouldStartWith("\e[?1049h\e[?7l\e[?1h\e[2J\e[?25l");
        told.ShouldEndWith("\e[?25h\e[?1l\e[?7h\e[?1049l");
    }
}
