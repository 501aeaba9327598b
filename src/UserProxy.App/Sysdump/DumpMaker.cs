using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using UserProxy.App.CommandLine;
using UserProxy.App.Inspect;
using UserProxy.App.Inspect.All;
using UserProxy.App.Servers.Admin.Messages;

namespace UserProxy.App.Sysdump;

/// <summary>
/// Gathers the parts of an archive one after the other; one that cannot be had does not keep the others out. Whatever goes in has been through
/// <see cref="Secrets"/>, and if that was asked for through a <see cref="Redactor"/>.
/// </summary>
internal sealed class DumpMaker(DumpOptions options, Surroundings surroundings)
{
    private const string Log =
        "the log goes to standard error, and no file of it is known here: kubectl logs POD -c userproxy --tail 2000, or journalctl -u userproxy -n 2000";

    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Redactor? _redactor = options.Redact ? new Redactor() : null;
    private readonly List<DumpPart> _parts = [];

    public async Task<Dump> MakeAsync(CancellationToken cancellation)
    {
        var madeAt = surroundings.Time.GetUtcNow();
        var (path, _) = AskingCommand.SocketPath(options.AdminSocket, surroundings);
        using var client = new AdminClient(path, surroundings.IsRoot, countLeft: surroundings.CountLeftRoutes);
        var answers = new List<(string Name, JsonDocument? Answer, string? Why)>();
        foreach (string resource in (string[])["status", "services", "connections", "settings"])
            answers.Add(await AskAsync(client, resource, cancellation));
        var report = await InspectAsync(cancellation);
        var (metrics, whyNoMetrics) = await ScrapeAsync(answers[0].Answer, answers[0].Why, cancellation);

        // All names are known before the first is replaced: one part may have them in a sentence, and another in a field.
        foreach (var (_, answer, _) in answers)
        {
            if (answer is not null) _redactor?.Learn(answer.RootElement);
        }

        using var inspected = report is null ? null : JsonSerializer.SerializeToDocument(report, NodeReportJson.Default.NodeReport);
        if (inspected is not null) _redactor?.Learn(inspected.RootElement);
        _redactor?.LearnHost(surroundings.HostName);

        foreach (var (name, answer, why) in answers) Add($"{name}.json", answer is null ? null : ToJson(answer.RootElement), why);
        string? told = inspected is null ? null : ToJson(inspected.RootElement);
        Add("inspect.json", told, "only a Linux kernel can be looked at");
        Add("inspect.txt", told is null ? null : ToText(told), "only a Linux kernel can be looked at", isDone: true);
        Add("metrics.txt", metrics is null ? null : _redactor?.Metrics(metrics) ?? metrics, whyNoMetrics, isDone: true);
        Add("kernel.txt", Redacted(KernelFacts.Read()), null, isDone: true);
        string? process = client.PeerPid is { } pid ? KernelFacts.OfProcess(pid) : null;
        Add("process.txt", process is null ? null : Redacted(process), "no userproxy answered, or its process is not seen from here", isDone: true);
        _parts.Add(new DumpPart("log.txt", null, DumpPart.IsElsewhere, Log));
        _parts.Insert(0, new DumpPart("about.json", About(madeAt), DumpPart.IsWhole, null));
        foreach (var (_, answer, _) in answers) answer?.Dispose();
        return new Dump([.. _parts], madeAt);
    }

    private static async Task<(string, JsonDocument?, string?)> AskAsync(AdminClient client, string resource, CancellationToken cancellation)
    {
        try
        {
            return (resource, await client.GetAsync($"/v1/{resource}", cancellation), null);
        }
        catch (AdminException e)
        {
            return (resource, null, e.Message);
        }
    }

    private async Task<NodeReport?> InspectAsync(CancellationToken cancellation) => OperatingSystem.IsLinux()
        ? await InspectCommand.CreateAllRun(new InspectAllOptions(null, Probe: false, options.AdminSocket, [], null, Json: true), surroundings)
            .MakeAsync(cancellation)
        : null;

    /// <summary>Where the status says that they are.</summary>
    private static async Task<(string? Text, string? Why)> ScrapeAsync(JsonDocument? status, string? whyNoStatus, CancellationToken cancellation)
    {
        if (status is null) return (null, whyNoStatus);
        if (!status.RootElement.TryGetProperty("metricsAddress", out var field) || !IPEndPoint.TryParse(field.GetString() ?? "", out var address))
            return (null, "the metrics server is off (--metrics-bind-address)");
        // From here the wildcard is this node itself.
        if (address.Address.Equals(IPAddress.Any)) address.Address = IPAddress.Loopback;
        if (address.Address.Equals(IPAddress.IPv6Any)) address.Address = IPAddress.IPv6Loopback;
        try
        {
            using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = Patience };
            return (await http.GetStringAsync(new Uri($"http://{address}/metrics"), cancellation), null);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            return (null, $"http://{address}/metrics: {e.Message}");
        }
    }

    private void Add(string name, string? text, string? why, bool isDone = false)
    {
        if (text is not null && !isDone) text = _redactor?.Json(text) ?? text;
        _parts.Add(text is null
            ? new DumpPart(name, null, DumpPart.IsMissing, Redacted(why ?? "nobody knows why"))
            : new DumpPart(name, Secrets.Removed(text), DumpPart.IsWhole, null));
    }

    /// <summary>The same report, as a person reads it; of names and addresses it has what the JSON has.</summary>
    private string ToText(string json)
    {
        var report = JsonSerializer.Deserialize(_redactor?.Json(json) ?? json, NodeReportJson.Default.NodeReport)!;
        using var text = new StringWriter { NewLine = "\n" };
        new NodeText(text, Screen.None).Write(report);
        return text.ToString();
    }

    private string Redacted(string text) => _redactor?.Text(text) ?? text;

    private static string ToJson(JsonElement element)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Indented)) element.WriteTo(json);
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length) + "\n";
    }

    private string About(DateTimeOffset madeAt)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Indented))
        {
            json.WriteStartObject();
            json.WriteString("apiVersion", ApiVersion.V1);
            json.WriteString("kind", "Sysdump");
            json.WriteString("madeAt", madeAt.ToString("u", CultureInfo.InvariantCulture));
            json.WriteString("node", Redacted(surroundings.HostName));
            json.WriteString("version", BuildFacts.Current.Version);
            json.WriteString("commit", BuildFacts.Current.Commit);
            json.WriteString("runtime", BuildFacts.Current.Runtime);
            json.WriteString("platform", BuildFacts.Current.Platform);
            json.WriteBoolean("redacted", options.Redact);
            json.WriteStartArray("parts");
            foreach (var part in _parts)
            {
                json.WriteStartObject();
                json.WriteString("name", part.Name);
                json.WriteString("state", part.State);
                json.WriteString("why", part.Why);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Secrets.Removed(Encoding.UTF8.GetString(buffer.ToArray()) + "\n");
    }
}
