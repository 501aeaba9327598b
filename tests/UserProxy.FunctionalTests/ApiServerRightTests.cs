using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests;

/// <summary>A right that is missing from the start ends the executable, once it is certain: half a minute after the start.</summary>
[StartsProgram]
public sealed class ApiServerRightTests : ApiServerCase
{
    [Fact]
    public async Task RightIsMissingAtTheStart_ExitsWith1_AndSaysWhichRule()
    {
        const string resource = "endpointslices";
        var api = await ServeAsync();
        api.Faults.Forbidden.Add(resource);
        Start(TransportKind.Epoll);
        string said = await Process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);

        await Process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Process.ExitCode.ShouldBe(1);
        said.ShouldContain(resource);
        said.ShouldContain("list, watch");
        said.ShouldContain("was started just now");
        said.ShouldNotContain("   at ", customMessage: said);
        // Whoever waits for something else than the server waits for half a minute.
        (DateTimeOffset.UtcNow - api.Requests.Max(request => request.At)).ShouldBeLessThan(TimeSpan.FromSeconds(25), "it ends with the last refusal");
    }
}
