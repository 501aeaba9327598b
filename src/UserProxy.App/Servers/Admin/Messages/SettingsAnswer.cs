using System.Text.Json;

namespace UserProxy.App.Servers.Admin.Messages;

/// <summary>The answer of <c>/v1/settings</c>.</summary>
/// <param name="ApiVersion">See <see cref="Messages.ApiVersion"/>.</param>
/// <param name="Settings">The settings in force, as a configuration file that would give them again.</param>
internal sealed record SettingsAnswer(string ApiVersion, JsonElement Settings);
