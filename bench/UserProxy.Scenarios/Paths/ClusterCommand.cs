using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using UserProxy.FakeApiServer;

namespace UserProxy.Scenarios.Paths;

/// <summary>
/// The process behind <see cref="ClusterProcess"/>: serves the objects of a file, then applies those that come line by line, and makes
/// the <see cref="SliceEvents"/> that a line asks for, until its input ends.
/// </summary>
internal static class ClusterCommand
{
    public const string Name = "serve-cluster";

    public static async Task<int> RunAsync(string objects, string kubeconfig)
    {
        await using var api = await ApiServer.StartAsync(new ServerSettings { BookmarkInterval = TimeSpan.FromSeconds(30) });
        await foreach (string line in File.ReadLinesAsync(objects)) Apply(api, line);
        await ListAsync(api);
        await File.WriteAllTextAsync(kubeconfig + ".new", api.Kubeconfig());
        File.Move(kubeconfig + ".new", kubeconfig);
        var sending = Task.CompletedTask;
        while (await Console.In.ReadLineAsync() is { } line)
        {
            // What is applied meanwhile comes in between.
            if (SliceEvents.TryParse(line) is { } events) sending = Task.Run(() => SendAsync(api, events));
            else Apply(api, line);
        }

        await sending;
        return 0;
    }

    /// <summary>A server that has run for a while need not compile itself first.</summary>
    private static async Task ListAsync(ApiServer api)
    {
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, _, _, _) => true };
        using var client = new HttpClient(handler) { BaseAddress = api.Url };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", api.Accounts.Token);
        client.DefaultRequestHeaders.AcceptEncoding.Add(new StringWithQualityHeaderValue("gzip"));
        foreach (string resource in (string[])["api/v1/services", "apis/discovery.k8s.io/v1/endpointslices"])
            await client.GetByteArrayAsync(new Uri($"{resource}?resourceVersion=0&labelSelector=!none", UriKind.Relative));
    }

    /// <summary>In small batches: a timer is not as fine as the rate.</summary>
    private static async Task SendAsync(ApiServer api, SliceEvents events)
    {
        const int Batch = 10, FirstRevision = 1_000_000;
        int count = events.Rate * events.Seconds;
        var watch = Stopwatch.StartNew();
        for (int sent = 0; sent < count;)
        {
            for (int i = 0; i < Batch && sent < count; i++, sent++)
                api.WriteRaw("endpointslices", BigCluster.Event(sent % events.Slices, sent / events.Slices, FirstRevision + sent));
            var ahead = TimeSpan.FromSeconds((double)sent / events.Rate) - watch.Elapsed;
            if (ahead > TimeSpan.Zero) await Task.Delay(ahead);
        }

        Console.WriteLine(SliceEvents.Sent(count / watch.Elapsed.TotalSeconds));
    }

    private static void Apply(ApiServer api, string json) => api.Apply(JsonNode.Parse(json)!.AsObject());
}
