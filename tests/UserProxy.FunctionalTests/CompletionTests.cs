using System.Diagnostics;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests;

/// <summary>The completion scripts in the real shells, with the real executable behind them.</summary>
[StartsProgram]
public sealed class CompletionTests(CompletionTests.Served served) : IClassFixture<CompletionTests.Served>
{
    private static string Folder => TestedProgram.Folder;

    [Theory]
    [InlineData("userproxy exp", "explain")]
    [InlineData("userproxy explain d", "default/web")]
    [InlineData("userproxy explain ", "default/web")]
    [InlineData("userproxy list -o ", "ipvs,json,table,wide,yaml")]
    [InlineData("userproxy list --st", "--stats")]
    [InlineData("userproxy connections --service ", "default/web")]
    [InlineData("userproxy check serv", "")]
    public async Task Bash_Completes(string line, string expected)
    {
        Tool.SkipUnlessInstalled("bash");
        // What takes long is not completed, as nobody waits for it: a busy machine needs more tries.
        string completed = "";
        await Eventually.IsTrue(
            async () => (completed = await BashAsync(Folder, served.AdminSocket, line)) == expected, $"{line} is completed, not {completed}");
    }

    /// <summary>Names come from tenants.</summary>
    [Fact]
    public async Task Bash_HostileName_IsNotEvaluated()
    {
        Tool.SkipUnlessInstalled("bash");
        using var file = new TempFile();
        string folder = Path.GetDirectoryName(file.Path)!;
        string stub = Path.Combine(folder, "userproxy");
        await File.WriteAllTextAsync(
            stub, $"#!/bin/bash\n[ \"$1\" = completion ] && exec {Folder}/userproxy \"$@\"\necho 'd$(touch {file.Path})`touch {file.Path}`'\n");
        await Tool.RunAsync("chmod", "+x", stub);

        (await BashAsync(folder, "", "userproxy explain d")).ShouldBe($"d$(touch {file.Path})`touch {file.Path}`");

        File.Exists(file.Path).ShouldBeFalse();
    }

    [Fact]
    public async Task Fish_Completes()
    {
        Tool.SkipUnlessInstalled("fish");

        const string Line = "userproxy completion fish | source; complete -C 'userproxy explain d'";
        await Eventually.IsTrue(
            async () => await RunAsync("fish", Folder, served.AdminSocket, "--no-config", "-c", Line) == "default/web", "the Service is completed");
    }

    [Fact]
    public async Task Zsh_ScriptIsSound()
    {
        Tool.SkipUnlessInstalled("zsh", "bash");

        await RunAsync("bash", Folder, "", "-c", "zsh -n <(userproxy completion zsh)");
    }

    /// <summary>What readline would be given, as words between commas.</summary>
    private static Task<string> BashAsync(string folder, string adminSocket, string line) => RunAsync("bash", folder, adminSocket, "--norc", "-c", $$"""
        source <(userproxy completion bash)
        COMP_LINE='{{line}}' COMP_POINT={{line.Length}}
        read -ra COMP_WORDS <<< "$COMP_LINE"
        [[ $COMP_LINE == *' ' ]] && COMP_WORDS+=('')
        COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
        _userproxy userproxy
        IFS=,; echo "${COMPREPLY[*]}"
        """);

    private static async Task<string> RunAsync(string shell, string folder, string adminSocket, params string[] arguments)
    {
        var start = new ProcessStartInfo(shell, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = $"{folder}:{start.Environment["PATH"]}";
        start.Environment["USERPROXY_ADMIN_SOCKET"] = adminSocket;
        using var process = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(Eventually.Patience);
        var errors = process.StandardError.ReadToEndAsync(deadline.Token);
        string output = await process.StandardOutput.ReadToEndAsync(deadline.Token);
        await process.WaitForExitAsync(deadline.Token);
        process.ExitCode.ShouldBe(0, await errors);
        return output.TrimEnd('\n');
    }

    /// <summary>One proxy for all cases: they ask it, and change nothing.</summary>
    public sealed class Served : IAsyncLifetime
    {
        private readonly Backend _backend = Backend.Refusing();
        private ServingProcess _proxy = null!;

        public string AdminSocket => _proxy.AdminSocket;

        public async ValueTask InitializeAsync() =>
            _proxy = await ServingProcess.StartAsync(TransportKind.Sockets, ServingProcess.ServiceOf("web", FreePort.Next(), "rr", _backend));

        public async ValueTask DisposeAsync()
        {
            await _proxy.DisposeAsync();
            await _backend.DisposeAsync();
        }
    }
}
