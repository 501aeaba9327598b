using System.Globalization;
using System.Net;
using UserProxy.Scenarios.Bed;
using UserProxy.Scenarios.Load;

namespace UserProxy.Scenarios.Backends;

/// <summary>nginx in each Pod: /100b, /16k and /1m, the same bytes in all, and /who, which names the Pod.</summary>
internal static class HttpBackends
{
    public const int Port = 80;

    /// <summary>The same behind a PROXY protocol header of either version.</summary>
    public const int ToldPort = 81;

    private static readonly (string Name, int Size)[] Sizes = [("100b", 100), ("16k", 16 << 10), ("1m", 1 << 20)];

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(20), AnswerLimit = TimeSpan.FromSeconds(5);

    public static IReadOnlyList<string> Bodies => [.. Sizes.Select(size => size.Name)];

    /// <summary>Returns when each of them answers: the direct path leads to all three, and nothing in front of it would wait for the last.</summary>
    public static async Task<IReadOnlyList<Child>> StartAsync(TestBed bed, CancellationToken stop)
    {
        var started = new List<Child>();
        var random = new Random(1);
        foreach (var (name, size) in Sizes)
            await File.WriteAllTextAsync(FileOf(bed, name), random.GetString("abcdefghijklmnopqrstuvwxyz0123456789", size), stop);
        for (int pod = 1; pod <= bed.Pods.Count; pod++)
        {
            string configuration = Path.Combine(bed.Folder, string.Create(CultureInfo.InvariantCulture, $"pod{pod}.conf"));
            await File.WriteAllTextAsync(configuration, $$"""
                daemon off; pid {{configuration}}.pid; error_log /dev/null; worker_processes 1; worker_rlimit_nofile 16384;
                events { worker_connections 8192; }
                http {
                  access_log off; keepalive_requests 100000000; keepalive_timeout 1h; sendfile on; tcp_nopush on; open_file_cache max=100; default_type text/plain;
                  server {
                    listen {{Port}} backlog=4096; listen {{ToldPort}} proxy_protocol backlog=4096; root {{bed.Folder}}; location = /who { return 200 pod{{pod}}; } }
                }
                """, stop);
            started.Add(bed.Start(bed.Pods[pod - 1], "nginx", "-c", configuration));
        }

        using var sockets = new ClientSockets(bed.Client);
        for (int pod = 0; pod < started.Count; pod++)
        {
            var (nginx, address) = (started[pod], new IPEndPoint(TestBed.PodAddresses[pod], Port));
            await Poll.UntilAsync(
                async () => nginx.HasExited
                    ? throw new BedException($"nginx ended: {nginx.Log}")
                    : await HttpAnswer.GetAsync(await sockets.NextAsync(), address, "who", AnswerLimit, stop) is not null,
                () => $"nginx does not answer on {address}: {nginx.Log}", StartLimit, stop);
        }

        return started;
    }

    /// <summary>What every Pod answers to it.</summary>
    public static string FileOf(TestBed bed, string body) => Path.Combine(bed.Folder, body);
}
