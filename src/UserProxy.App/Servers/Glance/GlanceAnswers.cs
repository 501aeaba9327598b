using Microsoft.AspNetCore.Http;
using UserProxy.App.Servers.Admin;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Reading;

namespace UserProxy.App.Servers.Glance;

/// <summary>
/// Answers <c>/v1/glance</c> and <c>/v1/history</c>: on the admin socket for <c>top</c>, and on the metrics port for the status page. One for both, made by
/// <see cref="Run.NodeServers"/>: whoever looks shares its looks.
/// </summary>
internal sealed class GlanceAnswers(AdminFacts facts)
{
    public const string GlancePath = "/v1/glance", HistoryPath = "/v1/history";

    private const int MostIssues = 100, MostEndpoints = 500, MostAddresses = 4;

    private readonly LookReader _looks = new(facts);

    public Task AnswerAsync(HttpContext context)
    {
        if (!GlanceQuery.TryParse(context.Request.Query, out var query, out string? problem))
            return AdminResponse.FailAsync(context, StatusCodes.Status400BadRequest, "BadQuery", problem);
        return context.Request.Path.Value == GlancePath
            ? AdminResponse.WriteAsync(context, _looks.Use(look => Glance(look, query)), AdminJson.Default.GlanceAnswer)
            : AdminResponse.WriteAsync(context, _looks.Use(look => History(look, query)), AdminJson.Default.HistoryAnswer);
    }

    private GlanceAnswer Glance(Look look, GlanceQuery query)
    {
        var (matching, shown) = query.Apply(look);
        List<IssueItem> issues = [.. look.Status.Issues];
        var chosen = Find(look, query.Chosen) is { } service ? ToMessage.Of(service.Reading, look.At, facts.Sampler) : null;
        return new GlanceAnswer
        {
            ApiVersion = ApiVersion.V1,
            At = look.At,
            Status = look.Status with { Issues = [.. issues.Take(MostIssues)] },
            IssuesTotal = issues.Count,
            Rates = ToMessage.Of(look.Sums.Rates),
            ConnectionsTotal = look.Sums.Totals.Connections,
            FailedConnects = look.Sums.Totals.Failures,
            BytesIn = look.Sums.Totals.BytesIn,
            BytesOut = look.Sums.Totals.BytesOut,
            Matching = matching,
            Offset = query.Offset,
            Services = [.. shown.Select(ItemOf)],
            Chosen = chosen is { Endpoints.Count: > MostEndpoints } ? chosen with { Endpoints = [.. chosen.Endpoints.Take(MostEndpoints)] } : chosen,
            EndpointsLeftOut = Math.Max(0, (chosen?.Endpoints.Count ?? 0) - MostEndpoints),
        };
    }

    private HistoryAnswer History(Look look, GlanceQuery query)
    {
        var services = from service in query.Apply(look).Shown
                       let past = facts.Sampler?.History(service.Reading.Counters, point => point.Active, point => point.Connections)
                       where past is not null
                       select new ServiceHistoryItem(service.Id, past[0], past[1]);
        return new HistoryAnswer(
            ApiVersion.V1, look.At, Sampler.Step, HistoryOf(null) ?? new HistoryItem([], [], [], [], []), [.. services],
            Find(look, query.Chosen) is { } chosen ? HistoryOf(chosen.Reading) : null);
    }

    private HistoryItem? HistoryOf(ServiceReading? service) =>
        facts.Sampler?.History(
            service?.Counters, point => point.Active, point => point.Connections, point => point.Failures, point => point.BytesIn, point => point.BytesOut)
            is [var active, var connections, var failures, var bytesIn, var bytesOut]
            ? new HistoryItem(active, connections, failures, bytesIn, bytesOut)
            : null;

    private static LookedService? Find(Look look, string? id) => id is null ? null : look.Services.FirstOrDefault(
        service => id.StartsWith(service.Reading.Name.Namespace, StringComparison.Ordinal) && service.Id == id);

    private static GlanceItem ItemOf(LookedService service)
    {
        var reading = service.Reading;
        return new GlanceItem
        {
            Id = service.Id,
            Namespace = reading.Name.Namespace,
            Name = reading.Name.Name,
            Port = reading.Name.Port,
            PortNumber = reading.Port.Number,
            Protocol = service.Protocol,
            IpFamily = service.Family,
            State = service.State,
            Reason = reading.Listeners.Select(listener => listener.Reason).FirstOrDefault(reason => reason is not null),
            ActiveConnections = reading.ActiveConnections,
            AcceptedConnections = service.Sampled.Totals.Connections,
            FailedConnects = service.Sampled.Totals.Failures,
            BytesIn = service.Sampled.Totals.BytesIn,
            BytesOut = service.Sampled.Totals.BytesOut,
            Rates = ToMessage.Of(service.Sampled.Rates),
            ConnectP99Seconds = ToMessage.Rounded(service.Sampled.ConnectP99),
            EndpointsAnswering = service.Endpoints.Count(endpoint => endpoint is { Used: true, Health: EndpointHealth.Answering }),
            EndpointsAside = service.Endpoints.Count(endpoint => endpoint.AsideFor is not null),
            Endpoints = service.Endpoints.Count,
            AcceptQueue = service.Queue?.Waiting,
            Backlog = service.Queue?.Backlog,
            Addresses = [.. reading.Port.Listeners.Take(MostAddresses).Select(listener => $"{listener.Kind} {listener}")],
            AddressCount = reading.Port.Listeners.Count,
        };
    }
}
