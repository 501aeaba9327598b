namespace UserProxy.App.Servers.Admin.Messages;

/// <summary>The answer to a question that cannot be answered.</summary>
/// <param name="ApiVersion">See <see cref="Messages.ApiVersion"/>.</param>
/// <param name="Reason">A CamelCase word for programs.</param>
/// <param name="Message">What is wrong, and what to do next.</param>
internal sealed record AdminError(string ApiVersion, string Reason, string Message);
