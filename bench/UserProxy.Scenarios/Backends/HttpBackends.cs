using System.Globalization;
using UserProxy.Scenarios.Bed;

namespace UserProxy.Scenarios.Backends;

/// <summary>nginx in each Pod: /100b, /16k and /1m, the same bytes in all, and /who, which names the Pod.</summary>
internal static class HttpBackends
{
    public const int Port = 80;

    private static readonly (string Name, int Size)[] Sizes = [("100b", 100), ("16k", 16 << 10), ("1m", 1 << 20)];

    public static IReadOnlyList<string> Bodies => [.. Sizes.Select(size => size.Name)];

    public static IReadOnlyList<Child> Start(TestBed bed)
    {
        var started = new List<Child>();
        var random = new Random(1);
        foreach (var (name, size) in Sizes) File.WriteAllText(FileOf(bed, name), random.GetString("abcdefghijklmnopqrstuvwxyz0123456789", size));
        for (int pod = 1; pod <= bed.Pods.Count; pod++)
        {
            string configuration = Path.Combine(bed.Folder, string.Create(CultureInfo.InvariantCulture, $"pod{pod}.conf"));
            File.WriteAllText(configuration, $$"""
                daemon off; pid {{configuration}}.pid; error_log /dev/null; worker_processes 1; worker_rlimit_nofile 16384;
                events { worker_connections 8192; }
                http {
                  access_log off; keepalive_requests 100000000; keepalive_timeout 1h; sendfile on; tcp_nopush on; open_file_cache max=100; default_type text/plain;
                  server { listen {{Port}} backlog=4096; root {{bed.Folder}}; location = /who { return 200 pod{{pod}}; } }
                }
                """);
            started.Add(bed.Start(bed.Pods[pod - 1], "nginx", "-c", configuration));
        }

        return started;
    }

    /// <summary>What every Pod answers to it.</summary>
    public static string FileOf(TestBed bed, string body) => Path.Combine(bed.Folder, body);
}
