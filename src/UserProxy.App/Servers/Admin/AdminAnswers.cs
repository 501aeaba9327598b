using System.Globalization;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using UserProxy.App.CommandLine;
using UserProxy.App.Explain;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.App.Servers.Glance;
using UserProxy.Model;
using UserProxy.Tracing;
using UserProxy.Udp;

namespace UserProxy.App.Servers.Admin;

/// <summary>
/// Answers the questions of <see cref="AdminServer"/>: GET only, nothing that changes state. Lists are made while they are written, a few kilobytes at a time,
/// so a slow reader costs a connection and not the memory of a node's state.
/// </summary>
internal sealed class AdminAnswers(AdminFacts facts, GlanceAnswers glance, ILogger log)
{
    private readonly Explainer _explainer = new(facts);
    private readonly StatusReader _status = new(facts);

    public async Task AnswerAsync(HttpContext context)
    {
        try
        {
            await (HttpMethods.IsGet(context.Request.Method) ? RouteAsync(context) : AdminResponse.FailAsync(
                context, StatusCodes.Status405MethodNotAllowed, "MethodNotAllowed", "only GET is answered here: nothing can be changed through this socket"));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Whoever asked has left.
        }
        catch (Exception exception)
        {
            log.AdminAnswerFailed(exception, context.Request.Path.Value ?? "");
            // Half an answer must not look like a whole one.
            context.Abort();
        }
    }

    private Task RouteAsync(HttpContext context) => context.Request.Path.Value switch
    {
        "/v1/services" => ServicesAsync(context),
        "/v1/connections" => ConnectionsAsync(context),
        "/v1/explain" => ExplainAsync(context),
        "/v1/status" => AdminResponse.WriteAsync(context, _status.Read(facts.Proxier.View.Services()), AdminJson.Default.ProcessStatus),
        "/v1/settings" => SettingsAsync(context),
        GlanceAnswers.GlancePath or GlanceAnswers.HistoryPath => glance.AnswerAsync(context),
        "/v1/trace" => TraceAsync(context),
        _ => AdminResponse.FailAsync(
            context, StatusCodes.Status404NotFound, "NotFound",
            "there is /v1/services, /v1/connections, /v1/explain, /v1/status, /v1/settings, /v1/glance, /v1/history and /v1/trace"),
    };

    private Task ServicesAsync(HttpContext context)
    {
        if (!TryReadService(context, out var service)) return BadServiceAsync(context);
        var proxier = facts.Proxier;
        if (service is not null && proxier.Revision == 0) return NotReadyAsync(context);
        if (service is not null && !proxier.Table.Ports.Any(service.Fits)) return UnknownServiceAsync(context, service);
        int? port = int.TryParse(context.Request.Query["port"], NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
        var services = proxier.View.Services(name => service?.FitsService(name) ?? true)
            .Where(reading => (service?.Fits(reading.Port) ?? true) && (port is null || reading.Port.Listeners.Any(listener => listener.Port == port)))
            .Select(reading => ToMessage.Of(reading, facts.Time.GetUtcNow(), facts.Sampler));
        var (source, snapshot) = _status.SourceNow();
        return AdminResponse.WriteAsync(
            context,
            new ServiceList(ApiVersion.V1, facts.Node, proxier.Revision, source, services, snapshot)
            {
                SourceTrouble = facts.SourceTrouble(),
                Draining = facts.IsDraining(),
                LeftOut = [
                    .. DeclaredUnserved.Of(proxier.Table).Where(left => service is null || (left.Namespace == service.Namespace && left.Name == service.Name))
                        .Select(left => new LeftOutItem(left.Namespace, left.Name, left.Because))],
                // Who asks for a port is in a hurry, and wants to know who has it.
                Issues = port is not null ? [] : _status.Issues([]).Where(issue => service is null || IsAbout(issue, service)).Select(ToMessage.Of),
            },
            AdminJson.Default.ServiceList);
    }

    /// <summary>Or about no Service: a file that cannot be read may declare it.</summary>
    private bool IsAbout(TableIssue issue, ServiceRef service) =>
        IssueSubject.ObjectOf(issue.Subject) is null || Explainer.IsAbout(issue, service, facts.Proxier.Table);

    private async Task ConnectionsAsync(HttpContext context)
    {
        if (!TryReadService(context, out var service))
        {
            await BadServiceAsync(context);
            return;
        }

        if (!TryReadAddress(context, "client", out var client))
        {
            await BadAddressAsync(context, "client");
            return;
        }

        var table = facts.Proxier.Table;
        var sessions = new List<SessionStatus>();
        await foreach (var session in facts.Proxier.View.SessionsAsync(name => service?.Fits(name, table) ?? true))
        {
            if (client is null || SameAddress(session.Client.Address.ToIPAddress(), client)) sessions.Add(session);
        }

        // A Service that is no longer declared may still have connections.
        var connections = facts.Proxier.View.Connections(name => service?.Fits(name, table) ?? true)
            .Where(connection => client is null || SameAddress(connection.Client.Address, client))
            .Select(ToMessage.Of)
            .Concat(sessions.Select(ToMessage.Of));
        if (service is not null && table.Revision > 0 && !table.Ports.Any(service.Fits) && !connections.Any())
        {
            await UnknownServiceAsync(context, service);
            return;
        }

        await AdminResponse.WriteAsync(context, new ConnectionList(ApiVersion.V1, facts.Node, connections), AdminJson.Default.ConnectionList);
    }

    private Task ExplainAsync(HttpContext context)
    {
        if (!TryReadService(context, out var service) || service is null) return BadServiceAsync(context);
        if (!TryReadAddress(context, "from", out var from)) return BadAddressAsync(context, "from");
        if (facts.Proxier.Revision == 0) return NotReadyAsync(context);
        return _explainer.Explain(service, from) is { } explanation
            ? AdminResponse.WriteAsync(context, explanation, AdminJson.Default.Explanation)
            : UnknownServiceAsync(context, service);
    }

    /// <summary>Goes on until whoever asked leaves, or has as many as were wanted.</summary>
    private async Task TraceAsync(HttpContext context)
    {
        var query = context.Request.Query;
        if (!TryReadService(context, out var service))
        {
            await BadServiceAsync(context);
            return;
        }

        if (TraceStream.ReadFilter(query["client"], query["clientPort"], query["count"], service) is not { } filter)
        {
            await AdminResponse.FailAsync(
                context, StatusCodes.Status400BadRequest, "BadFilter",
                "client: expected an IP address or a block of them; clientPort and count: expected numbers above 0");
            return;
        }

        if (service is not null && facts.Proxier.Revision == 0)
        {
            await NotReadyAsync(context);
            return;
        }

        if (service is not null && !facts.Proxier.Table.Ports.Any(service.Fits))
        {
            await UnknownServiceAsync(context, service);
            return;
        }

        using var reader = facts.Proxier.Traces.TryOpen(filter);
        await (reader is not null ? new TraceStream(facts, reader).WriteAsync(context) : AdminResponse.FailAsync(
            context, StatusCodes.Status429TooManyRequests, "TooManyTraces", $"{TraceFeed.MostReaders} traces run already, which is the most: end one of them"));
    }

    /// <summary>As <c>/configz</c> has them: files are named, not shown.</summary>
    private async Task SettingsAsync(HttpContext context)
    {
        if (facts.Settings is not { } settings)
        {
            await AdminResponse.FailAsync(context, StatusCodes.Status404NotFound, "NotFound", "nobody has told the settings");
            return;
        }

        using var json = JsonDocument.Parse(settings);
        await AdminResponse.WriteAsync(context, new SettingsAnswer(ApiVersion.V1, json.RootElement), AdminJson.Default.SettingsAnswer);
    }

    private static bool TryReadService(HttpContext context, out ServiceRef? service)
    {
        service = null;
        string? text = context.Request.Query["service"];
        return string.IsNullOrEmpty(text) || ServiceRef.TryParse(text, out service);
    }

    private static bool TryReadAddress(HttpContext context, string name, out IPAddress? address)
    {
        address = null;
        string? text = context.Request.Query[name];
        if (string.IsNullOrEmpty(text)) return true;
        if (!AddressText.TryParse(text, out var parsed)) return false;
        address = parsed;
        return true;
    }

    private static bool SameAddress(IPAddress one, IPAddress other) => (one.IsIPv4MappedToIPv6 ? one.MapToIPv4() : one).Equals(other);

    private static Task BadServiceAsync(HttpContext context) =>
        AdminResponse.FailAsync(context, StatusCodes.Status400BadRequest, "BadService", $"service: expected {ServiceRef.Shape}, or {ServiceRef.Shape}:PORT");

    private static Task BadAddressAsync(HttpContext context, string name) =>
        AdminResponse.FailAsync(context, StatusCodes.Status400BadRequest, "BadAddress", $"{name}: expected an IP address, such as 10.0.0.7 or fd00::7");

    /// <summary>Nobody knows yet whether there is such a Service.</summary>
    private Task NotReadyAsync(HttpContext context) => AdminResponse.FailAsync(
        context, StatusCodes.Status503ServiceUnavailable, "NotReady",
        $"nothing is served yet: {facts.Source} has not been listed; {facts.SourceTrouble()?.Message ?? "the proxy's log says what it waits for"}");

    private Task UnknownServiceAsync(HttpContext context, ServiceRef service) =>
        AdminResponse.FailAsync(context, StatusCodes.Status404NotFound, "UnknownService", _explainer.WhyUnknown(service));
}
