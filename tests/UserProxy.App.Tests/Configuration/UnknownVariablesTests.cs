using UserProxy.App.Configuration;

namespace UserProxy.App.Tests.Configuration;

public sealed class UnknownVariablesTests
{
    [Theory]
    [InlineData("USERPROXY_SHEDULER", "USERPROXY_SCHEDULER")]
    [InlineData("USERPROXY_DRAIN_TIMEOT", "USERPROXY_DRAIN_TIMEOUT")]
    [InlineData("USERPROXY_scheduler", "USERPROXY_SCHEDULER")]
    [InlineData("USERPROXY_MANIFEST", "USERPROXY_MANIFESTS")]
    public void NearASetting_IsSaid(string name, string meant) => In(name).ShouldHaveSingleItem().ShouldBe(
        $"{name}: no setting has this variable, and it is not read; did you mean {meant}?");

    /// <summary>Settings, variables of clients and of this project's tests, and what Kubernetes gives a Pod beside a Service of that name.</summary>
    [Theory]
    [InlineData("USERPROXY_SCHEDULER")]
    [InlineData("USERPROXY_CONFIG")]
    [InlineData("USERPROXY_ADMIN_SOCKET")]
    [InlineData("USERPROXY_PROBE_SOCKET")]
    [InlineData("USERPROXY_EXECUTABLE")]
    [InlineData("USERPROXY_WRITE_REFERENCE")]
    [InlineData("USERPROXY_UPDATE_ALLOCATIONS")]
    [InlineData("USERPROXY_UPDATE_CHART")]
    [InlineData("USERPROXY_UPDATE_GOLDEN")]
    [InlineData("USERPROXY_CONFORMANCE_KUBECONFIG")]
    [InlineData("USERPROXY_CONFORMANCE_LABEL")]
    [InlineData("USERPROXY_CONFORMANCE_REPORT")]
    [InlineData("USERPROXY_DRAW_BOARDS")]
    [InlineData("USERPROXY_TEST_FLOOD")]
    [InlineData("USERPROXY_SERVICE_HOST")]
    [InlineData("USERPROXY_SERVICE_PORT")]
    [InlineData("USERPROXY_PORT")]
    [InlineData("USERPROXY_PORT_10249_TCP_ADDR")]
    [InlineData("NODE_NAME")]
    [InlineData("SHEDULER")]
    public void Others_AreLeftAlone(string name) => In(name).ShouldBeEmpty();

    private static IReadOnlyList<string> In(string name) => UnknownVariables.In(new Cli().With(name, "x").Surroundings);
}
