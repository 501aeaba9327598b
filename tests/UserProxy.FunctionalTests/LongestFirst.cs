using UserProxy.FunctionalTests.ClientAddress;
using UserProxy.FunctionalTests.Cluster;
using UserProxy.FunctionalTests.HandOver;
using UserProxy.FunctionalTests.Inspection;
using UserProxy.FunctionalTests.ProxyProtocol;
using UserProxy.FunctionalTests.StatusPage;
using UserProxy.FunctionalTests.Tracing;
using UserProxy.FunctionalTests.Udp;
using UserProxy.FunctionalTests.Verification;
using UserProxy.FunctionalTests.VirtualIPs;
using UserProxy.Tests;

namespace UserProxy.FunctionalTests;

/// <summary>Those that take twenty seconds and more: most of them wait.</summary>
public sealed class LongestFirst()
    : CollectionOrder(
        nameof(UdpCluster), nameof(DescriptorLoopTests), nameof(SocketStoreTests), nameof(KeepingLifeTests), nameof(HelpExampleTests),
        nameof(DrainDurationTests), nameof(TricklingTests), nameof(TimeoutTests), nameof(StatusPageTests), nameof(VerifyNodeTests), nameof(InspectTests),
        nameof(KeepingTests), nameof(TraceCommandTests), nameof(BrokenHandOverTests), nameof(AdminTests), nameof(HandOverTests), nameof(TopTests),
        nameof(PeerTests), nameof(SnapshotTests), nameof(ProcessTests), nameof(EpollServiceSemanticsTests), nameof(UringServiceSemanticsTests),
        nameof(SocketsServiceSemanticsTests), nameof(TransportFallbackTests), nameof(HangingNftTests), nameof(SeccompProfileTests),
        nameof(ApiServerOutageTests), nameof(KeepingLateAnswerTests), nameof(LogOutputTests), nameof(ApiServerRestartTests), nameof(LeavingTests),
        nameof(MetricsTests), nameof(KeepingFlowTests), nameof(GuardTests), nameof(SilentBackendTests), nameof(ExplainTests), nameof(ApiServerRightTests),
        nameof(TakeoverTests), nameof(DeadEndpointTests), nameof(DocumentedQuickStartTests), nameof(CompletionTests), nameof(ApiServerTests),
        nameof(MigratePlanTests), nameof(SocketsProtocolTests));
