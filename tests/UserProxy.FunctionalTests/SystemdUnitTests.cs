using System.Net.Sockets;
using UserProxy.App.Tests;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests;

/// <summary>
/// docs/examples/systemd/userproxy.service: systemd understands it, and what it leaves to the process is enough. No systemd runs here, so the second is tried
/// with its parts.
/// </summary>
[StartsProgram]
public sealed class SystemdUnitTests
{
    private const string Installed = "/opt/userproxy/userproxy";

    private static readonly string Unit = Path.Combine(Repository.Root, "docs/examples/systemd/userproxy.service");
    private static string Executable => TestedProgram.Path;

    [Fact]
    public async Task Unit_IsWhatSystemdUnderstands()
    {
        Tool.SkipUnlessInstalled("systemd-analyze");
        var folder = Directory.CreateTempSubdirectory("userproxy-unit-");
        string unit = Path.Combine(folder.FullName, "userproxy.service");
        await File.WriteAllTextAsync(unit, (await File.ReadAllTextAsync(Unit)).Replace(Installed, Executable, StringComparison.Ordinal));

        var (code, output) = await Tool.FeedAsync("", "systemd-analyze", "verify", unit);

        folder.Delete(recursive: true);
        // It looks at the units that this one is tied to as well.
        output.Split('\n').Where(line => line.Contains("userproxy.service", StringComparison.Ordinal)).ShouldBeEmpty();
        code.ShouldBe(0, output);
        (await File.ReadAllTextAsync(Unit)).ShouldContain($"ExecStart={Installed} run");
    }

    [Fact]
    public async Task Unit_ItsUserCapabilitiesAndSystemCalls_AreEnoughForClusterIPs()
    {
        Tool.SkipUnlessInstalled("systemd-analyze", "setpriv", "strace");
        await using var link = await TestLink.CreateAsync();
        using var backend = link.Client.Listen(link.Client.Four, 8080);
        await using var folder = await ClusterIPFolder.WriteAsync(link.Client.Four);
        string calls = Path.Combine(folder.Path, "calls");
        string[] asItsUser = ["netns", "exec", link.Node.Name, "setpriv", .. Privileges()];
        var readable = await Tool.FeedAsync("", "ip", [.. asItsUser, Executable, "version"]);
        Assert.SkipUnless(readable.ExitCode == 0, $"other users cannot start what was built here: {readable.Output}");

        // -D: the proxy is the child and strace its grandchild, so that it is the proxy that the signal goes to.
        string[] proxy = [
            Executable, "run", "--manifests", folder.Path, "--cluster-ips", "on", "--drain-timeout", "0s", "--admin-socket",
            Path.Combine(folder.Path, "admin.sock"), "--state-dir", Path.Combine(folder.Path, "state")];
        await using (var run = Tool.Start("ip", [.. asItsUser, "strace", "-D", "-f", "-qq", "-c", "-U", "name", "-o", calls, .. proxy]))
        {
            await Eventually.IsTrue(
                async () => await link.Client.ConnectAsync(ClusterIPFolder.ClusterIP, 80) == SocketError.Success, "the ClusterIP is served");
            await run.SignalAsync("TERM");
            (await run.ExitCodeAsync()).ShouldBe(0);
        }

        await Eventually.IsTrue(() => File.Exists(calls) && File.ReadLines(calls).Any(), "strace has written what it has seen");
        // Below a heading and a rule, above a rule and the sum.
        string[] made = [.. File.ReadLines(calls).Select(line => line.Trim()).Skip(2).TakeWhile(name => !name.StartsWith('-'))];
        made.ShouldContain("futex");
        made.Except(await AllowedAsync(Setting("SystemCallFilter"))).ShouldBeEmpty();
    }

    /// <summary>With 412 KiB for each loop, LimitMEMLOCK is enough for more loops than there are cores anywhere.</summary>
    [Fact]
    public async Task Unit_AllowsTheRing()
    {
        Tool.SkipUnlessInstalled("systemd-analyze");

        ((string[])["io_uring_setup", "io_uring_enter", "io_uring_register"]).ShouldBeSubsetOf(await AllowedAsync(Setting("SystemCallFilter")));
        Setting("LimitMEMLOCK").ShouldBe("256M");
    }

    /// <summary>MemoryDenyWriteExecute refuses memory that is writable and executable, and to make memory executable later: systemd.exec(5).</summary>
    [Fact]
    public async Task Unit_DeniesMemoryForCode_WhichIsNotAskedFor()
    {
        Tool.SkipUnlessInstalled("strace");
        Assert.SkipUnless(TestedProgram.IsNative, "only the native executable makes no code while it runs");
        Setting("MemoryDenyWriteExecute").ShouldBe("yes");
        await using var link = await TestLink.CreateAsync();
        using var backend = link.Client.Listen(link.Client.Four, 8080);
        await using var folder = await ClusterIPFolder.WriteAsync(link.Client.Four);
        string calls = Path.Combine(folder.Path, "calls");

        string[] proxy = [
            Executable, "run", "--manifests", folder.Path, "--cluster-ips", "on", "--drain-timeout", "0s", "--admin-socket",
            Path.Combine(folder.Path, "admin.sock")];
        await using (var run = Tool.Start(
            "ip", ["netns", "exec", link.Node.Name, "strace", "-D", "-f", "-q", "-e", "trace=mmap,mprotect,pkey_mprotect,shmat", "-o", calls, .. proxy]))
        {
            await Eventually.IsTrue(
                async () => await link.Client.ConnectAsync(ClusterIPFolder.ClusterIP, 80) == SocketError.Success, "the ClusterIP is served");
            await run.SignalAsync("TERM");
            (await run.ExitCodeAsync()).ShouldBe(0);
        }

        // The end of the last thread is the last that strace writes.
        await Eventually.IsTrue(
            () => File.Exists(calls)
                && File.ReadLines(calls).Any(line => line.Contains("exited with 0", StringComparison.Ordinal)), "strace has written what it has seen");
        string[] made = [.. File.ReadLines(calls)];
        made.ShouldContain(line => line.Contains(" mmap(", StringComparison.Ordinal));
        made.Where(
            line => line.Contains("PROT_EXEC", StringComparison.Ordinal)
                && (line.Contains("PROT_WRITE", StringComparison.Ordinal) || !line.Contains(" mmap(", StringComparison.Ordinal)))
            .ShouldBeEmpty();
    }

    /// <summary>What setpriv(1) makes of the unit's settings.</summary>
    private static string[] Privileges()
    {
        string capabilities = string.Concat(
            Setting("AmbientCapabilities").Split(' ').Select(name => $",+{name.Replace("CAP_", "", StringComparison.Ordinal).ToLowerInvariant()}"));
        Setting("CapabilityBoundingSet").ShouldBe(Setting("AmbientCapabilities"));
        Setting("NoNewPrivileges").ShouldBe("yes");
        return [
            "--reuid", "61234", "--regid", "61234", "--clear-groups", "--no-new-privs", "--bounding-set", "-all"
                + capabilities, "--inh-caps", "-all" + capabilities, "--ambient-caps", "-all" + capabilities];
    }

    private static string Setting(string name) =>
        File.ReadLines(Unit).Single(line => line.StartsWith(name + "=", StringComparison.Ordinal))[(name.Length + 1)..];

    /// <summary>A set of system calls with those sets that it is made of.</summary>
    private static async Task<HashSet<string>> AllowedAsync(string set)
    {
        string[] lines = (await Tool.RunAsync("systemd-analyze", "syscall-filter", set)).Split(
            '\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        HashSet<string> allowed = [];
        foreach (string line in lines.Where(line => line != set && !line.StartsWith('#')))
        {
            if (line.StartsWith('@')) allowed.UnionWith(await AllowedAsync(line));
            else allowed.Add(line);
        }

        return allowed;
    }
}
