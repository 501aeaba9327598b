using UserProxy.App.CommandLine;

namespace UserProxy.App.Tests.CommandLine;

public sealed class MeantServiceTests
{
    [Theory]
    [InlineData("demo/wbe", "demo/web")]
    [InlineData("demo/wbe:80", "demo/web:80")]
    [InlineData("Demo/Web", "demo/web")]
    [InlineData("demmo/web", "demo/web")]
    [InlineData("demmo/wbe", "demo/web")]
    [InlineData("shop/wbe", null)]
    [InlineData("demo/frobnicate", null)]
    public void By_IsWhatWasMeant_OrNothing(string typed, string? meant)
    {
        ServiceRef.TryParse(typed, out var service).ShouldBeTrue();

        MeantService.By(service!, [("demo", "web"), ("demo", "web"), ("demo", "kubernetes"), ("shop", "basket")]).ShouldBe(meant);
    }
}
