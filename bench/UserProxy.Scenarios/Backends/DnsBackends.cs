using System.Globalization;
using System.Text;
using UserProxy.Scenarios.Bed;

namespace UserProxy.Scenarios.Backends;

/// <summary>knot in each Pod, with the zone that UserProxy.UdpLoad asks for.</summary>
internal static class DnsBackends
{
    public const int Port = 53;

    public const string Zone = "bench.test";

    /// <summary>
    /// knot has no setting for its receive buffer, and the default holds fewer than the datagrams that may come at once: what a Pod drops would be counted as
    /// the path's loss.
    /// </summary>
    private const int ReceiveBuffer = 4 << 20;

    public static async Task<IReadOnlyList<Child>> StartAsync(TestBed bed, CancellationToken stop)
    {
        var started = new List<Child>();
        string zone = Path.Combine(bed.Folder, "zone");
        await File.WriteAllTextAsync(zone, ZoneText(), stop);
        for (int pod = 1; pod <= bed.Pods.Count; pod++)
        {
            string folder = Path.Combine(bed.Folder, string.Create(CultureInfo.InvariantCulture, $"knot{pod}"));
            Directory.CreateDirectory(folder);
            string configuration = folder + ".conf";
            // Without udp-max-payload, knot cuts every answer over 1,232 bytes, whatever size the client offers.
            await File.WriteAllTextAsync(configuration, $"""
                server:
                  rundir: {folder}
                  listen: {TestBed.PodAddresses[pod - 1]}@{Port}
                  listen: {TestBed.SharedPodAddress}@{Port}
                  udp-workers: 1
                  tcp-workers: 1
                  background-workers: 1
                  udp-max-payload: 4096
                database:
                  storage: {folder}
                zone:
                - domain: {Zone}
                  file: {zone}
                  zonefile-sync: -1
                  journal-content: none

                """, stop);
            var knot = bed.Start(bed.Pods[pod - 1], "knotd", "-c", configuration);
            started.Add(knot);
            await Poll.UntilAsync(
                () => knot.HasExited ? throw new BedException($"knotd ended: {knot.Log}") : Task.FromResult(ForeignSockets.DeepenUdp(knot.Id, ReceiveBuffer)),
                () => $"knotd has no UDP socket: {knot.Log}", TimeSpan.FromSeconds(10), stop);
        }

        return started;
    }

    /// <summary>
    /// One name over 512 bytes, one over the usual EDNS size, one over the MTU, whose answer comes in fragments; 256 small ones for the load.
    /// </summary>
    private static string ZoneText()
    {
        var text = new StringBuilder($"$ORIGIN {Zone}.\n$TTL 60\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\nns A 10.99.0.0\n");
        foreach (var (name, size) in new[] { ("medium", 1000), ("large", 1300), ("big", 3000) })
        {
            text.Append(name).Append(" TXT");
            for (int at = 0; at < size; at += 200) text.Append(" \"").Append((char)('a' + (at / 200 % 26)), Math.Min(200, size - at)).Append('"');
            text.Append('\n');
        }

        for (int i = 0; i < 256; i++) text.Append(CultureInfo.InvariantCulture, $"h{i} A 10.99.0.{i}\n");
        return text.ToString();
    }
}
