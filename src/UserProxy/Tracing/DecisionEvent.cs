using System.Net;
using UserProxy.Model;

namespace UserProxy.Tracing;

/// <summary>An endpoint has been chosen for it, or none.</summary>
/// <param name="Flow">Which one.</param>
/// <param name="After">Since it arrived.</param>
/// <param name="Attempt">From 1: each dial that fails is followed by another choice.</param>
/// <param name="Policy">The traffic policy of the address that it came by: internal at a ClusterIP, else external.</param>
/// <param name="IsLocalOnly">Only endpoints of this node were to choose from.</param>
/// <param name="Scheduler">Chose.</param>
/// <param name="Pin">Where session affinity had its client pinned before; null without a pin.</param>
/// <param name="Chosen">Null when there was none.</param>
/// <param name="Others">The first few that were not chosen.</param>
/// <param name="MoreOthers">How many more.</param>
public sealed record DecisionEvent(
    TraceFlow Flow, TimeSpan After, int Attempt, TrafficPolicy Policy, bool IsLocalOnly, SchedulerKind Scheduler, IPEndPoint? Pin, IPEndPoint? Chosen,
    IReadOnlyList<PassedOver> Others, int MoreOthers) : TraceEvent(Flow, After);

/// <summary>An endpoint that was not chosen, and why.</summary>
public readonly record struct PassedOver(IPEndPoint Endpoint, PassedOverReason Reason);
