using UserProxy.App.Hosting;

namespace UserProxy.App.Tests.Commands;

/// <summary>What cleanup says before it touches anything. That it removes is tested in network namespaces (FunctionalTests).</summary>
public sealed class CleanupCommandTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Cleanup_WhileARunIsActive_RefusesAndSaysHowToGoOn(bool byFlag)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the instance lock is Linux's");
        using var folder = new TempFolder();
        string path = Path.Combine(folder.Path, "a.sock");
        using var run = InstanceLock.TryTake(path).ShouldNotBeNull();
        var cli = byFlag ? new Cli() : new Cli().With("USERPROXY_ADMIN_SOCKET", path);

        (await cli.RunAsync(byFlag ? ["cleanup", "--admin-socket", path] : ["cleanup"])).ShouldBe(ExitCode.Failed);

        cli.Error.ToString().ShouldContain(path);
        cli.Error.ToString().ShouldContain("stop it first, or give --force");
        cli.Out.ToString().ShouldBeEmpty();
    }
}
