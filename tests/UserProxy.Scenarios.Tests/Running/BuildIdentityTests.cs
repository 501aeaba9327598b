using UserProxy.Scenarios.Running;

namespace UserProxy.Scenarios.Tests.Running;

/// <summary>What tells one build from another.</summary>
public sealed class BuildIdentityTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("userproxy-builds-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Executable_IsWhatIsInIt()
    {
        string file = Write("userproxy", "native"), former = BuildIdentity.Of(file);

        BuildIdentity.Of(Write("userproxy", "native")).ShouldBe(former);
        BuildIdentity.Of(Write("userproxy", "another")).ShouldNotBe(former);
        BuildIdentity.Of(Path.Combine(_folder, "nothing")).ShouldBe("");
    }

    /// <summary>The file that starts the runtime is the same for every build.</summary>
    [Fact]
    public void FileThatStartsTheRuntime_IsTheAssembliesBesideIt()
    {
        string file = Write("userproxy", "host");
        Write("userproxy.dll", "one");
        Write("UserProxy.Linux.dll", "two");
        Write("System.CommandLine.dll", "three");
        string former = BuildIdentity.Of(file);

        Write("System.CommandLine.dll", "other");
        BuildIdentity.Of(file).ShouldBe(former);
        Write("UserProxy.Linux.dll", "other");
        BuildIdentity.Of(file).ShouldNotBe(former);
    }

    private string Write(string name, string text)
    {
        string file = Path.Combine(_folder, name);
        File.WriteAllText(file, text);
        return file;
    }
}
