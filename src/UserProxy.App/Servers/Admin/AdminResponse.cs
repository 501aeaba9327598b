using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using UserProxy.App.Servers.Admin.Messages;

namespace UserProxy.App.Servers.Admin;

/// <summary>Writes messages as JSON, a few kilobytes at a time: for the admin socket and the status page.</summary>
internal static class AdminResponse
{
    public static async Task WriteAsync<T>(HttpContext context, T answer, JsonTypeInfo<T> type)
    {
        context.Response.ContentType = "application/json";
        if (!HttpMethods.IsHead(context.Request.Method))
            await JsonSerializer.SerializeAsync(context.Response.BodyWriter, answer, type, context.RequestAborted);
        await context.Response.CompleteAsync();
    }

    /// <param name="context">Of the request.</param>
    /// <param name="status">HTTP's.</param>
    /// <param name="reason">A CamelCase word for programs.</param>
    /// <param name="message">What is wrong, and what to do next.</param>
    public static Task FailAsync(HttpContext context, int status, string reason, string message)
    {
        context.Response.StatusCode = status;
        return WriteAsync(context, new AdminError(ApiVersion.V1, reason, message), AdminJson.Default.AdminError);
    }
}
