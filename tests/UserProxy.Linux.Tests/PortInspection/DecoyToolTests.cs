using UserProxy.FunctionalTests.Support;
using UserProxy.Linux.Nft;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;

namespace UserProxy.Linux.Tests.PortInspection;

/// <summary>A tenant's program in the working directory, under the name of a tool: root must not run it.</summary>
public sealed class DecoyToolTests : IDisposable
{
    private readonly string _name = $"decoy-{Guid.NewGuid():N}";

    public DecoyToolTests()
    {
        File.WriteAllText(_name, "#!/bin/sh\necho 'tcp dport 30080 drop'\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_name, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public void Dispose() => File.Delete(_name);

    [Fact]
    public async Task NftTool_DecoyInTheWorkingDirectory_IsMissing() =>
        (await new NftTool([_name]).RunAsync("", TestContext.Current.CancellationToken)).Problem.ShouldBe(NftProblem.Missing);

    [Fact]
    public async Task RuleSearch_DecoyInTheWorkingDirectory_IsNotRun()
    {
        var search = new RuleSearch([(TransportProtocol.Tcp, 30080)], "/nonexistent", [[_name]]);

        (await search.RunAsync(Eventually.Patience, TestContext.Current.CancellationToken))[0].Hints.ShouldBeEmpty();
    }
}
