using UserProxy.Scenarios.Results;
using UserProxy.Scenarios.Scenarios;

namespace UserProxy.Scenarios.Paths;

/// <summary>
/// What <c>dotnet build</c> and <c>dotnet run</c> give, beside the native executable that is shipped: where the two differ most, which is start and memory.
/// </summary>
internal sealed class UserProxyJitPath() : UserProxyPath(
    11, new PathInfo(
        PathName, "UserProxy (dotnet build)", PathKind.Own, "The same build compiled while it runs, on the epoll transport; every setting at its default."),
    "epoll", Path.Combine(AppContext.BaseDirectory, "userproxy"))
{
    public const string PathName = "userproxy-jit";

    public override bool IsFor(Scenario scenario) => scenario is StartScenario;
}
