namespace UserProxy.Tests;

public sealed class ToolPathTests
{
    [Fact]
    public void Find_BareName_IsTheFirstExecutableOfPath() => ToolPath.Find("sh", "/nonexistent:/etc:/bin:/usr/bin").ShouldBe("/bin/sh");

    [Fact]
    public void Find_FileThatIsNotExecutable_IsPassedOver() => ToolPath.Find("passwd", "/etc").ShouldBeNull();

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("::.:./:")]
    [InlineData(null)]
    public void Find_EmptyAndRelativeParts_AreNotTheWorkingDirectory(string? path)
    {
        using var decoy = new Decoy();

        ToolPath.Find(decoy.Name, path).ShouldBeNull();
        ToolPath.Find(decoy.Name, $"{path}:{Directory.GetCurrentDirectory()}").ShouldBe(Path.GetFullPath(decoy.Name));
    }

    [Fact]
    public void Find_AbsolutePath_IsThatPath() => ToolPath.Find("/nonexistent/nft", "/bin").ShouldBe("/nonexistent/nft");

    [Theory]
    [InlineData("./sh")]
    [InlineData("../bin/sh")]
    [InlineData("")]
    public void Find_RelativePath_IsNothing(string name) => ToolPath.Find(name, "/bin").ShouldBeNull();

    private sealed class Decoy : IDisposable
    {
        public Decoy()
        {
            File.WriteAllText(Name, "#!/bin/sh\n");
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(Name, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        public string Name { get; } = $"decoy-{Guid.NewGuid():N}";

        public void Dispose() => File.Delete(Name);
    }
}
