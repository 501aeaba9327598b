using UserProxy.App.Run.HandOver;

namespace UserProxy.App.Tests.Run.HandOver;

/// <summary>Where a successor looks; hand-overs are the functional tests'.</summary>
public sealed class SuccessorPortTests
{
    [Theory]
    [InlineData("/run/userproxy/admin.sock", "/run/userproxy/admin.takeover")]
    [InlineData("/run/up/proxy.1", "/run/up/proxy.1.takeover")]
    [InlineData("/run/up/proxy.2", "/run/up/proxy.2.takeover")]
    [InlineData("/run/up/proxy", "/run/up/proxy.takeover")]
    [InlineData("/run/up/proxy.takeover", "/run/up/proxy.takeover.takeover")]
    [InlineData("/run/up.sock/proxy", "/run/up.sock/proxy.takeover")]
    public void PathBeside_IsItsOwn(string adminSocket, string path) => SuccessorPort.PathBeside(adminSocket).ShouldBe(path);
}
