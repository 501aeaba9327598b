using System.Net.Sockets;
using System.Text.Json.Nodes;
using UserProxy.App.Tests;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests;

/// <summary>charts/userproxy/files/seccomp/uring.json: it lets through what the program calls, and none of what takes a container's walls down.</summary>
[StartsProgram]
public sealed class SeccompProfileTests
{
    private static readonly JsonNode Profile = JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, "charts/userproxy/files/seccomp/uring.json")))!;

    private static readonly HashSet<string> Named =
        [.. from rule in Profile["syscalls"]!.AsArray() from name in rule!["names"]!.AsArray() select name!.GetValue<string>()];

    /// <summary>A ClusterIP with its guard, and what asks the process, as kubectl exec would.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Calls_OfARunThatServesEverything_AreInTheProfile(TransportKind transport)
    {
        Tool.SkipUnlessInstalled("strace");
        await using var link = await TestLink.CreateAsync();
        using var backend = link.Client.Listen(link.Client.Four, 8080);
        await using var folder = await ClusterIPFolder.WriteAsync(link.Client.Four);
        string calls = Path.Combine(folder.Path, "calls"), socket = Path.Combine(folder.Path, "admin.sock");
        string[] traced = ["netns", "exec", link.Node.Name, "strace", "-D", "-f", "-qq", "-c", "-U", "name"];
        string[] proxy = [
            TestedProgram.Path, "run", "--manifests", folder.Path, "--cluster-ips", "on", "--transport", transport.Name(), "--drain-timeout", "0s",
            "--admin-socket", socket];
        await using (var run = Tool.Start("ip", [.. traced, "-o", calls, .. proxy]))
        {
            await Eventually.IsTrue(
                async () => await link.Client.ConnectAsync(ClusterIPFolder.ClusterIP, 80) == SocketError.Success, "the ClusterIP is served");
            foreach (string command in (string[])["list", "connections", "explain demo/web", "inspect 80 --address 10.96.0.5"])
            {
                string[] words = command.Split(' ');
                string[] asks = ["-o", $"{calls}-{words[0]}", "env", $"USERPROXY_ADMIN_SOCKET={socket}", TestedProgram.Path, .. words];
                await Tool.FeedAsync("", "ip", [.. traced, .. asks]);
            }

            await run.SignalAsync("TERM");
            (await run.ExitCodeAsync()).ShouldBe(0);
        }

        await Eventually.IsTrue(() => File.Exists(calls) && File.ReadLines(calls).Any(), "strace has written what it has seen");
        // Below a heading and a rule, above a rule and the sum.
        string[] made =
            [.. Directory.GetFiles(folder.Path, "calls*").SelectMany(
                file => File.ReadLines(file).Select(line => line.Trim()).Skip(2).TakeWhile(name => !name.StartsWith('-'))).Distinct()];
        made.ShouldContain("futex");
        made.Contains("io_uring_enter").ShouldBe(transport == TransportKind.Uring);
        // Whoever is told that there is no such call (ENOSYS) makes do with clone(2), whose flags a filter can look at.
        Profile["defaultErrnoRet"]!.GetValue<int>().ShouldBe(38);
        made.Except(Named).Except(["clone3"]).ShouldBeEmpty();
    }

    [Fact]
    public void Profile_NamesTheRing_AndNothingThatLeavesAContainer()
    {
        Profile["defaultAction"]!.GetValue<string>().ShouldBe("SCMP_ACT_ERRNO");
        foreach (string call in (string[])["io_uring_setup", "io_uring_enter", "io_uring_register"]) Named.ShouldContain(call);
        Named.Intersect([
            "add_key", "bpf", "chroot", "clone3", "delete_module", "fanotify_init", "finit_module", "fsconfig", "fsmount", "fsopen", "init_module", "ioperm",
            "iopl", "kcmp", "kexec_load", "keyctl", "mount", "mount_setattr", "move_mount", "name_to_handle_at", "open_by_handle_at", "open_tree",
            "perf_event_open", "personality", "pidfd_getfd", "pivot_root", "process_vm_readv", "process_vm_writev", "ptrace", "quotactl", "reboot",
            "request_key", "setdomainname", "sethostname", "setns", "swapon", "sysfs", "syslog", "umount2", "unshare", "userfaultfd", "vm86", "vmsplice",
        ]).ShouldBeEmpty();
        // The families of the systemd unit; of clone(2) no new namespace.
        ArgumentsOf("socket").ShouldBe(["1", "2", "10", "16"]);
        ArgumentsOf("clone").ShouldBe([$"{0x7E020000}"]);
    }

    private static IEnumerable<string> ArgumentsOf(string call) =>
        from rule in Profile["syscalls"]!.AsArray()
        where rule!["names"]!.AsArray().Any(name => name!.GetValue<string>() == call)
        select rule["args"]!.AsArray().Single()!["value"]!.ToString();
}
