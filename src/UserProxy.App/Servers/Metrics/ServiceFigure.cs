using UserProxy.Reading;

namespace UserProxy.App.Servers.Metrics;

/// <summary>
/// One figure that each Service port has: a series of a family, told apart from others of the same Service port by a label where there are several.
/// </summary>
internal sealed record ServiceFigure<TFamily>(TFamily Family, string? Label, Func<ServiceReading, long> Read);
