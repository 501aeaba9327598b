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

    /// <summary>Of Services <c>userproxy-node</c> and <c>userproxy-status</c>, whose names are near those of settings.</summary>
    [Theory]
    [InlineData("USERPROXY_NODE_PORT", "tcp://10.96.0.7:80")]
    [InlineData("USERPROXY_STATUS_PORT", "tcp://10.96.0.7:10249")]
    [InlineData("USERPROXY_STATUS_PORT", "udp://10.96.0.7:53")]
    [InlineData("USERPROXY_NODE_PORT_80_TCP", "tcp://10.96.0.7:80")]
    [InlineData("USERPROXY_NODE_PORT_80_TCP_PROTO", "tcp")]
    [InlineData("USERPROXY_NODE_PORT_80_TCP_PORT", "80")]
    [InlineData("USERPROXY_NODE_PORT_80_TCP_ADDR", "10.96.0.7")]
    [InlineData("USERPROXY_NODE_PORT_53_UDP_ADDR", "10.96.0.7")]
    [InlineData("USERPROXY_STATUS_SERVICE_HOST", "10.96.0.7")]
    [InlineData("USERPROXY_STATUS_SERVICE_PORT", "10249")]
    [InlineData("USERPROXY_STATUS_SERVICE_PORT_HTTP", "10249")]
    public void OfAServiceBesideThePod_IsLeftAlone(string name, string value) => In(name, value).ShouldBeEmpty();

    /// <summary>By its value it is nothing that Kubernetes gives, or by its name.</summary>
    [Theory]
    [InlineData("USERPROXY_STATUS_PORT", "10249")]
    [InlineData("USERPROXY_NODE_PORT_ADDRESS", "10.0.0.0/8")]
    [InlineData("USERPROXY_NODE_PORT_ADRESSES", "tcp://10.96.0.7:80")]
    public void LikeThoseOfAService_AndNone_IsSaid(string name, string value) =>
        In(name, value).ShouldHaveSingleItem().ShouldStartWith($"{name}: no setting has this variable");

    private static IReadOnlyList<string> In(string name, string value = "x") => UnknownVariables.In(new Cli().With(name, value).Surroundings);
}
