using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace UserProxy.FakeApiServer;

/// <summary>Answers the requests of one server: lists, watches and Events; writes go on to <see cref="ObjectWrites"/>.</summary>
internal sealed class ApiRequests(Store store, Faults faults, Accounts accounts, ServerSettings settings) : IDisposable
{
    public ConcurrentQueue<RequestSeen> Seen { get; } = new();

    public ConcurrentQueue<JsonObject> Events { get; } = new();

    public int Watches => _watches;

    private readonly ObjectWrites _writes = new(store);
    private readonly PodProxy _pods = new(store, settings);
    private readonly ConcurrentDictionary<(string Path, string Name), bool> _eventNames = new();
    private int _watches;
    private DateTimeOffset _warm;

    /// <summary>The server has been started: its caches are cold.</summary>
    public void Start() => _warm = DateTimeOffset.UtcNow + settings.WarmUp;

    public async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        Seen.Enqueue(new RequestSeen(DateTimeOffset.UtcNow, request.Method, request.Path.Value ?? "", request.QueryString.Value ?? "", request.Protocol)
        {
            Encodings = request.Headers.AcceptEncoding.ToString(),
            Connection = context.Connection.Id,
        });
        try
        {
            if (faults.FrozenRequests) await Task.Delay(Timeout.Infinite, context.RequestAborted);
            if (faults.GatewayOnly) await WriteAsync(context, 503, "<html><body>503 Service Unavailable</body></html>");
            else if (faults.TakeTooMany())
            {
                context.Response.Headers.RetryAfter = ((int)Math.Ceiling(faults.RetryAfter.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
                await FailAsync(context, 429, "TooManyRequests", "the server has too many requests");
            }
            else if (!accounts.Knows(context)) await FailAsync(context, 401, "Unauthorized", "Unauthorized");
            else if (request.Method == "POST" && IsOfEvents(request)) await PostEventAsync(context);
            else if (request.Method == "GET" && PodProxy.Parse(request.Path.Value ?? "") is not null) await ProxyAsync(context);
            else if (ResourcePath.Parse(request.Path.Value ?? "") is { } path)
                await (request.Method == "GET" && path.IsCollection ? GetAsync(context, path) : ObjectAsync(context, path));
            else await FailAsync(context, 404, "NotFound", "the server could not find the requested resource");
        }
        catch (OperationCanceledException)
        {
            // The client has gone, or the server is being stopped.
        }
    }

    public void Dispose() => _pods.Dispose();

    /// <summary>One object, read or written.</summary>
    private async Task ObjectAsync(HttpContext context, ResourcePath path)
    {
        try
        {
            var answer = context.Request.Method switch
            {
                "GET" => _writes.Get(path),
                "POST" when path.IsCollection => _writes.Create(path, await BodyAsync(context)),
                "PUT" when !path.IsCollection => _writes.Update(path, await BodyAsync(context)),
                "PATCH" when !path.IsCollection && context.Request.ContentType?.StartsWith("application/merge-patch+json", StringComparison.Ordinal) == true =>
                    _writes.Patch(path, await BodyAsync(context)),
                "PATCH" => throw new RefusedException(415, "UnsupportedMediaType", "merge patches alone are taken here"),
                "DELETE" when !path.IsCollection => _writes.Delete(path),
                _ => throw new RefusedException(405, "MethodNotAllowed", "the server does not allow this method on the requested resource"),
            };
            await WriteAsync(context, context.Request.Method == "POST" ? 201 : 200, answer.ToJsonString());
        }
        catch (RefusedException refused)
        {
            await FailAsync(context, refused.Code, refused.Reason, refused.Message);
        }
    }

    private async Task ProxyAsync(HttpContext context)
    {
        try
        {
            var (code, body) = await _pods.GetAsync(context.Request.Path.Value!, context.Request.QueryString.Value ?? "", context.RequestAborted);
            context.Response.StatusCode = code;
            await context.Response.WriteAsync(body, context.RequestAborted);
        }
        catch (RefusedException refused)
        {
            await FailAsync(context, refused.Code, refused.Reason, refused.Message);
        }
    }

    private static async Task<JsonObject> BodyAsync(HttpContext context) =>
        await JsonNode.ParseAsync(context.Request.Body) as JsonObject ?? throw new RefusedException(400, "BadRequest", "an object is expected");

    private async Task GetAsync(HttpContext context, ResourcePath path)
    {
        string resource = path.Resource;
        var query = context.Request.Query;
        var selection = new Selection(path.Namespace, query["labelSelector"], query["fieldSelector"]);
        if (faults.Forbidden.Contains(resource) || DateTimeOffset.UtcNow < _warm)
        {
            string verb = query.ContainsKey("watch") ? "watch" : "list";
            await FailAsync(
                context, 403, "Forbidden",
                $"{resource} is forbidden: User \"system:serviceaccount:kube-system:userproxy\" cannot {verb} resource \"{resource}\"");
        }
        else if (faults.Unavailable.Contains(resource)) await FailAsync(context, 503, "ServiceUnavailable", "not yet");
        else if (selection.UsesClusterIP && faults.OldFieldSelectors)
            await FailAsync(context, 400, "BadRequest", "\"spec.clusterIP\" is not a known field selector");
        else if (query["watch"] == "true") await WatchAsync(context, resource, selection);
        else await ListAsync(context, resource, path.Kind + "List", selection);
    }

    private async Task ListAsync(HttpContext context, string resource, string kind, Selection selection)
    {
        var query = context.Request.Query;
        var (revision, all) = store.List(resource);
        if (long.TryParse(query["resourceVersion"], CultureInfo.InvariantCulture, out long least))
        {
            // Out of the watch cache, which knows its own resource and nothing else.
            if (least > revision)
            {
                await FailAsync(context, 504, "Timeout", $"Too large resource version: {least}, current: {revision}");
                return;
            }

            revision = Math.Max(least, store.VersionOf(resource));
        }

        int from = 0;
        if (query["continue"].ToString() is { Length: > 0 } token)
        {
            if (faults.TakeExpiredContinue())
            {
                await FailAsync(context, 410, "Expired", "The provided continue parameter is too old");
                return;
            }

            string[] parts = token.Split(':');
            revision = long.Parse(parts[0], CultureInfo.InvariantCulture);
            from = int.Parse(parts[1], CultureInfo.InvariantCulture);
        }

        var items = all.Where(selection.Matches).ToList();
        bool hasLimit = int.TryParse(query["limit"], CultureInfo.InvariantCulture, out int asked) && asked > 0 && query["resourceVersion"] != "0";
        int limit = Math.Min(settings.MaxPage ?? int.MaxValue, hasLimit ? asked : int.MaxValue);
        var page = items.Skip(from).Take(limit).ToList();
        bool more = from + page.Count < items.Count;
        var metadata = new JsonObject
        {
            ["resourceVersion"] = revision.ToString(CultureInfo.InvariantCulture),
            ["continue"] = more ? string.Create(CultureInfo.InvariantCulture, $"{revision}:{from + page.Count}") : "",
        };
        await WriteListAsync(context, kind, metadata, page);
    }

    /// <summary>Item by item: the first is on its way before the last is made.</summary>
    private async Task WriteListAsync(HttpContext context, string kind, JsonObject metadata, List<JsonObject> items)
    {
        const int Piece = 64 << 10;
        var response = context.Response;
        response.ContentType = "application/json";
        // Who is slow sends one byte after the other, and no blocks.
        bool compress = !faults.SlowBytes && context.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.Ordinal);
        if (compress) response.Headers.ContentEncoding = "gzip";
        await using var gzip = compress ? new GZipStream(response.Body, CompressionLevel.Fastest, leaveOpen: true) : null;
        var written = new ArrayBufferWriter<byte>();
        await using var json = new Utf8JsonWriter(written);
        json.WriteStartObject();
        json.WriteString("kind", kind);
        json.WriteString("apiVersion", "v1");
        json.WritePropertyName("metadata");
        metadata.WriteTo(json);
        json.WriteStartArray("items");
        foreach (var item in items)
        {
            item.WriteTo(json);
            if (json.BytesPending + written.WrittenCount >= Piece) await SendAsync();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        await SendAsync();

        async Task SendAsync()
        {
            await json.FlushAsync();
            if (gzip is not null) await gzip.WriteAsync(written.WrittenMemory, context.RequestAborted);
            else await SendBytesAsync(context, written.WrittenMemory);
            written.ResetWrittenCount();
        }
    }

    private async Task WatchAsync(HttpContext context, string resource, Selection selection)
    {
        long revision = long.Parse(context.Request.Query["resourceVersion"].ToString(), CultureInfo.InvariantCulture);
        if (faults.WatchRefused?.Invoke(resource, revision) is { } refused)
        {
            await FailAsync(context, refused, "InternalError", "event was not a create and has no previous value");
            return;
        }

        if (revision > store.Revision)
        {
            await FailAsync(context, 504, "Timeout", $"Too large resource version: {revision}, current: {store.Revision}");
            return;
        }

        int? error = faults.WatchError?.Invoke(resource, revision);
        if (error is null && revision < store.Compacted && !faults.GoneAsEvent)
        {
            await FailAsync(context, 410, "Expired", $"too old resource version: {revision} ({store.Compacted})");
            return;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        context.Response.ContentType = "application/json";
        await context.Response.Body.FlushAsync(stop.Token); // the headers: a watch is accepted before anything happens
        if (faults.CutWatchAfter?.Invoke() is { } cut) context.Response.OnCompleted(ScheduleCut(context, cut));
        var answer = new WatchAnswer(store, faults, settings, resource, selection);
        Interlocked.Increment(ref _watches);
        try
        {
            if (error is { } code) await LineAsync(context, Error(code, "InternalError", "event was not a create and has no previous value"), stop.Token);
            else if (revision < store.Compacted) await LineAsync(context, Error(410, "Expired", "too old resource version"), stop.Token);
            else await answer.RunAsync(revision, context.Request.Query["timeoutSeconds"], line => LineAsync(context, line, stop.Token), stop.Token);
        }
        finally
        {
            Interlocked.Decrement(ref _watches);
        }
    }

    private static Func<Task> ScheduleCut(HttpContext context, TimeSpan after)
    {
        var timer = new Timer(_ => context.Abort(), null, after, Timeout.InfiniteTimeSpan);
        return async () => await timer.DisposeAsync();
    }

    private static string Error(int code, string reason, string message) =>
        new JsonObject { ["type"] = "ERROR", ["object"] = Status(code, reason, message) }.ToJsonString();

    private async Task LineAsync(HttpContext context, string line, CancellationToken stop)
    {
        var bytes = Encoding.UTF8.GetBytes(line + "\n");
        int piece = faults.SlowBytes ? 1 : bytes.Length;
        for (int at = 0; at < bytes.Length; at += piece)
        {
            await context.Response.Body.WriteAsync(bytes.AsMemory(at, Math.Min(piece, bytes.Length - at)), stop);
            await context.Response.Body.FlushAsync(stop);
        }
    }

    private static bool IsOfEvents(HttpRequest request) => request.Path.Value?.EndsWith("/events", StringComparison.Ordinal) == true;

    private async Task PostEventAsync(HttpContext context)
    {
        bool core = context.Request.Path.StartsWithSegments("/api/v1");
        if (!core && faults.NoEventsApi)
        {
            await FailAsync(context, 404, "NotFound", "the server could not find the requested resource");
            return;
        }

        if (faults.Forbidden.Contains("events"))
        {
            await FailAsync(context, 403, "Forbidden", "events is forbidden");
            return;
        }

        var posted = (await JsonNode.ParseAsync(context.Request.Body))!.AsObject();
        // Both kinds are stored under one name in a real server, too.
        string space = context.Request.Path.Value!.Split('/')[^2];
        string name = posted["metadata"]?["name"]?.ToString() ?? "";
        if (!_eventNames.TryAdd((space, name), true))
        {
            await FailAsync(context, 409, "AlreadyExists", $"events \"{name}\" already exists");
            return;
        }

        Events.Enqueue(posted);
        await WriteAsync(context, 201, posted.ToJsonString());
    }

    private Task FailAsync(HttpContext context, int code, string reason, string message) =>
        WriteAsync(context, code, Status(code, reason, message).ToJsonString());

    private static JsonObject Status(int code, string reason, string message) => new()
    {
        ["kind"] = "Status",
        ["apiVersion"] = "v1",
        ["status"] = "Failure",
        ["message"] = message,
        ["reason"] = reason,
        ["code"] = code,
    };

    private async Task WriteAsync(HttpContext context, int code, string json)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "application/json";
        await SendBytesAsync(context, Encoding.UTF8.GetBytes(json));
    }

    private async Task SendBytesAsync(HttpContext context, ReadOnlyMemory<byte> bytes)
    {
        int piece = faults.SlowBytes ? 7 : bytes.Length;
        for (int at = 0; at < bytes.Length; at += piece)
        {
            await context.Response.Body.WriteAsync(bytes.Slice(at, Math.Min(piece, bytes.Length - at)), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    }
}
