using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using UserProxy.App.Servers.Glance;

namespace UserProxy.App.Servers.Page;

/// <summary>
/// The status page: a text, a style sheet and a script out of the executable, and the messages that the script asks for (docs/decisions/0083). A part of the
/// metrics server, which has let in GET and HEAD alone. The browser may ask nobody else and run nothing else (Content-Security-Policy), and no other page may
/// show it in a frame. It answers by names alone that no stranger's DNS can give (DNS rebinding).
/// </summary>
internal sealed class StatusPage(GlanceAnswers answers, string node, ILogger log)
{
    private const string OtherName = "this page answers by an address, localhost or the node's name alone, not by another name (DNS rebinding)\n";

    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
            + "frame-ancestors 'none'";

    private static readonly Dictionary<string, PageFile> Files = new(StringComparer.Ordinal)
    {
        ["/"] = PageFile.Read("status.html", "text/html; charset=utf-8"),
        ["/status.css"] = PageFile.Read("status.css", "text/css; charset=utf-8"),
        ["/status.js"] = PageFile.Read("status.js", "text/javascript; charset=utf-8"),
    };

    public static bool Has(string path) => Files.ContainsKey(path) || path is GlanceAnswers.GlancePath or GlanceAnswers.HistoryPath;

    public async Task AnswerAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        try
        {
            if (!IsOurName(context.Request.Host.Host))
            {
                context.Response.StatusCode = StatusCodes.Status421MisdirectedRequest;
                await context.Response.WriteAsync(OtherName, context.RequestAborted);
            }
            else if (Files.TryGetValue(context.Request.Path.Value!, out var file)) await WriteAsync(context, file);
            else await answers.AnswerAsync(context);
        }
        catch (OperationCanceledException)
        {
            // Whoever asked has left, or reads so slowly that newer ones took its place.
            context.Abort();
        }
        catch (Exception exception)
        {
            log.PageAnswerFailed(exception, context.Request.Path.Value!);
            // Half an answer must not look like a whole one.
            context.Abort();
        }
    }

    /// <summary>A name of one label is no stranger's, as it has no top level domain.</summary>
    private bool IsOurName(string host) =>
        !host.Contains('.', StringComparison.Ordinal) || IPAddress.TryParse(host, out _) || host.Equals(node, StringComparison.OrdinalIgnoreCase)
            || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);

    private static async Task WriteAsync(HttpContext context, PageFile file)
    {
        context.Response.ContentType = file.Type;
        context.Response.ContentLength = file.Body.Length;
        if (!HttpMethods.IsHead(context.Request.Method)) await context.Response.Body.WriteAsync(file.Body, context.RequestAborted);
    }
}

/// <summary>One file of the status page, as it is in the executable.</summary>
/// <param name="Type">MIME type.</param>
/// <param name="Body">A few kilobytes.</param>
internal sealed record PageFile(string Type, byte[] Body)
{
    public static PageFile Read(string name, string type)
    {
        using var resource = typeof(PageFile).Assembly.GetManifestResourceStream($"page/{name}")!;
        byte[] body = new byte[resource.Length];
        resource.ReadExactly(body);
        return new PageFile(type, body);
    }
}
