using UserProxy.Scenarios.Tests.Report.Html;
using UserProxy.Scenarios.Tests.Running;
using UserProxy.Scenarios.Tests.Runs;
using UserProxy.Tests;

namespace UserProxy.Scenarios.Tests;

/// <summary>Those that take ten seconds and more.</summary>
public sealed class LongestFirst()
    : CollectionOrder(nameof(SmokeTests), nameof(InterruptTests), nameof(HtmlReportTests), nameof(RunnerTests), nameof(LargeClusterSmokeTests),
        nameof(OtherPathsSmokeTests), nameof(ResumeTests));
