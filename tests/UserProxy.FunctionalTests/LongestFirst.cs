using UserProxy.FunctionalTests.Cluster;
using UserProxy.FunctionalTests.Image;
using UserProxy.FunctionalTests.Inspection;
using UserProxy.FunctionalTests.Udp;
using UserProxy.Tests;

namespace UserProxy.FunctionalTests;

/// <summary>Those that take twenty seconds and more: most of them wait.</summary>
public sealed class LongestFirst()
    : CollectionOrder(
        nameof(UdpCluster), nameof(ImageTests), nameof(ApiServerRightTests), nameof(ApiServerRestartTests), nameof(EpollServiceSemanticsTests),
        nameof(UringServiceSemanticsTests), nameof(SocketsServiceSemanticsTests), nameof(SilentBackendTests), nameof(InspectTests),
        nameof(ApiServerOutageTests), nameof(HelpExampleTests),
        nameof(MetricsTests), nameof(AdminTests), nameof(DocumentedQuickStartTests), nameof(ProcessTests), nameof(LogOutputTests), nameof(CompletionTests),
        nameof(ExplainTests), nameof(ApiServerTests), nameof(TimeoutTests), nameof(MigratePlanTests), nameof(SocketsProtocolTests));
