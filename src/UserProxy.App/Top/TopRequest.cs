using UserProxy.App.Servers.Glance;

namespace UserProxy.App.Top;

/// <summary>What <c>top</c> was asked.</summary>
/// <param name="Namespace">Null for all.</param>
/// <param name="SortBy">Of <see cref="GlanceQuery.Sorts"/>.</param>
/// <param name="Interval">Between two looks.</param>
internal sealed record TopRequest(string? Namespace, string SortBy, TimeSpan Interval);
