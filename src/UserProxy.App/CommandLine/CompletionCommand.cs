using System.CommandLine;

namespace UserProxy.App.CommandLine;

/// <summary><c>completion bash|zsh|fish</c>: a script that has a shell complete our command lines.</summary>
internal static class CompletionCommand
{
    private const string Examples = """
          source <(userproxy completion bash)
              in this shell, and in ~/.bashrc for all
          userproxy completion zsh > ~/.zfunc/_userproxy
              in a folder of $fpath
          userproxy completion fish > ~/.config/fish/completions/userproxy.fish
        """;

    public static Command Create(Surroundings surroundings)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new DocumentedCommand("completion", "Print a script for command line completion, names of Services included.", Examples) { shell };
        command.SetAction(parse =>
        {
            surroundings.Out.Write(CompletionScripts.For(parse.GetValue(shell)!));
            return ExitCode.Done;
        });
        return command;
    }
}
