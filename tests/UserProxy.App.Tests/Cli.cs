
using UserProxy.App.CommandLine;

namespace UserProxy.App.Tests;

/// <summary>Runs a command line inside the test, as the process would, with writers and an environment of its own.</summary>
internal sealed class Cli
{
    private readonly Dictionary<string, string> _variables = [];

    public StringWriter Out { get; } = new();

    public StringWriter Error { get; } = new();

    public Surroundings Surroundings => new()
    {
        Out = Out,
        Error = Error,
        Variable = name => _variables.GetValueOrDefault(name),
        HostName = "Host-Of-Test",
        IsRoot = false,
    };

    public Cli With(string variable, string value)
    {
        _variables[variable] = value;
        return this;
    }

    public Task<int> RunAsync(params string[] args) => CommandTree.InvokeAsync(args, Surroundings, TestContext.Current.CancellationToken);

    public Task<int> RunUntilAsync(CancellationToken stop, params string[] args) => CommandTree.InvokeAsync(args, Surroundings, stop);
}
