using UserProxy.Model;

namespace UserProxy.App.Configuration;

/// <summary>One field of <see cref="ServiceDefaults"/>: how it is read and how it is shown, as with a <see cref="Setting"/>.</summary>
internal sealed record ServiceDefault(Func<ServiceSettings, string, ServiceSettings> Apply, Func<ServiceSettings, object?> Show);
