using System.Text.Json;
using UserProxy.App.CommandLine;

namespace UserProxy.App.Tests.CommandLine;

public sealed class VersionCommandTests
{
    [Fact]
    public async Task Version_Json_HasApiVersionAndFacts()
    {
        var cli = new Cli();

        (await cli.RunAsync("version", "-o", "json")).ShouldBe(ExitCode.Done);

        using var json = JsonDocument.Parse(cli.Out.ToString());
        json.RootElement.GetProperty("apiVersion").GetString().ShouldBe("userproxy.io/v1");
        json.RootElement.GetProperty("version").GetString().ShouldNotBeNullOrEmpty();
        json.RootElement.GetProperty("commit").GetString().ShouldNotBeNullOrEmpty();
        json.RootElement.GetProperty("runtime").GetString().ShouldStartWith(".NET 10");
    }

    [Fact]
    public async Task Version_Text_StartsWithNameAndVersion()
    {
        var cli = new Cli();

        (await cli.RunAsync("version")).ShouldBe(ExitCode.Done);

        cli.Out.ToString().ShouldStartWith($"userproxy {BuildFacts.Current.Version}");
    }
}
