using System.Text.Json.Nodes;
using UserProxy.FakeApiServer;

namespace UserProxy.Scenarios.Paths;

/// <summary>
/// The process behind <see cref="ClusterProcess"/>: serves the objects of a file, then applies those that come line by line, until its input ends.
/// </summary>
internal static class ClusterCommand
{
    public const string Name = "serve-cluster";

    public static async Task<int> RunAsync(string objects, string kubeconfig)
    {
        await using var api = await ApiServer.StartAsync(new ServerSettings { BookmarkInterval = TimeSpan.FromSeconds(30) });
        await foreach (string line in File.ReadLinesAsync(objects)) Apply(api, line);
        await File.WriteAllTextAsync(kubeconfig + ".new", api.Kubeconfig());
        File.Move(kubeconfig + ".new", kubeconfig);
        while (await Console.In.ReadLineAsync() is { } line) Apply(api, line);
        return 0;
    }

    private static void Apply(ApiServer api, string json) => api.Apply(JsonNode.Parse(json)!.AsObject());
}
