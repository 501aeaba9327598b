namespace UserProxy.Scenarios.Bed;

/// <summary>A program that a path or a scenario needs.</summary>
/// <param name="Name">Looked for in PATH and /usr/sbin.</param>
/// <param name="Package">Debian's.</param>
/// <param name="Version">The command line that prints it.</param>
/// <param name="File">Which must be there too, as a module.</param>
internal sealed record Tool(string Name, string Package, IReadOnlyList<string> Version, string? File = null)
{
    public static readonly Tool Ip = new("ip", "iproute2", ["ip", "-V"]);
    public static readonly Tool Wrk = new("wrk", "wrk", ["wrk", "-v"]);
    public static readonly Tool Curl = new("curl", "curl", ["curl", "--version"]);
    public static readonly Tool Iperf = new("iperf3", "iperf3", ["iperf3", "--version"]);
    public static readonly Tool Nginx = new("nginx", "nginx", ["nginx", "-v"]);
    public static readonly Tool NginxStream = new("nginx", "libnginx-mod-stream", ["nginx", "-v"], "/usr/lib/nginx/modules/ngx_stream_module.so");
    public static readonly Tool HAProxy = new("haproxy", "haproxy", ["haproxy", "-v"]);
    public static readonly Tool Knot = new("knotd", "knot", ["knotd", "--version"]);
    public static readonly Tool Iptables = new("iptables-restore", "iptables", ["iptables", "--version"]);
    public static readonly Tool Nft = new("nft", "nftables", ["nft", "--version"]);

    public bool IsInstalled => Find(Name) is not null && (File is null || System.IO.File.Exists(File));

    /// <summary>For children too: what `su` leaves of a path does not have /usr/sbin.</summary>
    public static void ExtendPath() => Environment.SetEnvironmentVariable("PATH", Environment.GetEnvironmentVariable("PATH") + ":/usr/sbin:/sbin");

    public static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(
            ':').Append("/usr/sbin").Select(folder => Path.Combine(folder, name)).FirstOrDefault(System.IO.File.Exists);

    /// <summary>The first line of what it says; "?" when it says nothing.</summary>
    public async Task<string> VersionAsync(CancellationToken stop)
    {
        if (Find(Version[0]) is null) return "?";
        var answer = await Child.RunAsync(Version, TimeSpan.FromSeconds(5), stop);
        return answer.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).FirstOrDefault() ?? "?";
    }
}
