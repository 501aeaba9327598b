using System.Text.RegularExpressions;

namespace UserProxy.Scenarios.Bed;

/// <summary>A program that a path or a scenario needs.</summary>
/// <param name="Name">Looked for in PATH and /usr/sbin.</param>
/// <param name="Package">Debian's; empty where Debian has none.</param>
/// <param name="Version">The command line that prints it.</param>
/// <param name="File">Which must be there too, as a module.</param>
internal sealed partial record Tool(string Name, string Package, IReadOnlyList<string> Version, string? File = null)
{
    public static readonly Tool Ip = new("ip", "iproute2", ["ip", "-V"]);
    public static readonly Tool Wrk = new("wrk", "wrk", ["wrk", "-v"]);
    public static readonly Tool Curl = new("curl", "curl", ["curl", "--version"]);
    public static readonly Tool Iperf = new("iperf3", "iperf3", ["iperf3", "--version"]);
    public static readonly Tool Nginx = new("nginx", "nginx", ["nginx", "-v"]);
    public static readonly Tool NginxStream = new("nginx", "libnginx-mod-stream", ["nginx", "-v"], "/usr/lib/nginx/modules/ngx_stream_module.so");
    public static readonly Tool HAProxy = new("haproxy", "haproxy", ["haproxy", "-v"]);
    public static readonly Tool Envoy = new("envoy", "", ["envoy", "--version"]);
    public static readonly Tool Knot = new("knotd", "knot", ["knotd", "--version"]);
    public static readonly Tool Iptables = new("iptables-restore", "iptables", ["iptables", "--version"]);
    public static readonly Tool Nft = new("nft", "nftables", ["nft", "--version"]);
    public static readonly Tool Ipvsadm = new("ipvsadm", "ipvsadm", ["ipvsadm", "--version"]);
    public static readonly Tool Ipset = new("ipset", "ipset", ["ipset", "--version"]);

    /// <summary>The executable that --program names; null for the one in PATH.</summary>
    public string? At { get; init; }

    /// <summary>In a list of versions, where PATH's may stand as well.</summary>
    public string Label => At is null ? Name : $"{Name} (--program)";

    /// <summary>What is started.</summary>
    public string Program => At ?? Name;

    public bool IsInstalled => Find(Program) is not null && (File is null || System.IO.File.Exists(File));

    /// <summary>The same tool, another build of it.</summary>
    public Tool From(string? executable) => executable is null ? this : this with { At = executable };

    /// <summary>For children too: what `su` leaves of a path does not have /usr/sbin.</summary>
    public static void ExtendPath() => Environment.SetEnvironmentVariable("PATH", Environment.GetEnvironmentVariable("PATH") + ":/usr/sbin:/sbin");

    /// <summary>Where it is; a name with a folder is taken as it is.</summary>
    public static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(
            ':').Append("/usr/sbin").Select(folder => Path.Combine(folder, name)).FirstOrDefault(System.IO.File.Exists);

    /// <summary>The first line of what it says that has a number; "?" when it says nothing.</summary>
    public async Task<string> VersionAsync(CancellationToken stop)
    {
        string[] command = At is null ? [.. Version] : [At, .. Version.Skip(1)];
        if (Find(command[0]) is null) return "?";
        var answer = await Child.RunAsync(command, TimeSpan.FromSeconds(5), stop);
        string[] lines = answer.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.FirstOrDefault(line => NumberOf(line).Length > 0) ?? lines.FirstOrDefault() ?? "?";
    }

    /// <summary>"3.2.4" out of "HAProxy version 3.2.4-1 2026/10/17"; empty where there is none.</summary>
    public static string NumberOf(string version) => Number().Match(version).Value;

    [GeneratedRegex(@"\d+(\.\d+)+")]
    private static partial Regex Number();
}
