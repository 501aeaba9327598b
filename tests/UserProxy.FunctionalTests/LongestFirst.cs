using UserProxy.FunctionalTests.Cluster;
using UserProxy.FunctionalTests.Inspection;
using UserProxy.FunctionalTests.Udp;
using UserProxy.Tests;

namespace UserProxy.FunctionalTests;

/// <summary>Those that take twenty seconds and more: most of them wait.</summary>
public sealed class LongestFirst()
    : CollectionOrder(
        nameof(UdpCluster), nameof(ProcessTests), nameof(InspectTests), nameof(AdminTests), nameof(ExplainTests),
        nameof(ApiServerRightTests), nameof(ApiServerRestartTests), nameof(EpollServiceSemanticsTests), nameof(UringServiceSemanticsTests),
        nameof(SocketsServiceSemanticsTests), nameof(ApiServerOutageTests), nameof(HelpExampleTests), nameof(MetricsTests), nameof(LogOutputTests),
        nameof(SilentBackendTests), nameof(DocumentedQuickStartTests), nameof(CompletionTests), nameof(ApiServerTests), nameof(SeccompProfileTests),
        nameof(TimeoutTests), nameof(MigratePlanTests), nameof(SocketsProtocolTests));
