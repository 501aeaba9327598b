
using System.Text;
using UserProxy.App.CommandLine;

namespace UserProxy.App.Tests;

/// <summary>Runs a command line inside the test, as the process would, with writers and an environment of its own.</summary>
internal sealed class Cli(string input = "")
{
    private readonly Dictionary<string, string> _variables = [];

    public StringWriter Out { get; } = new SharedText();

    public StringWriter Error { get; } = new SharedText();

    public Surroundings Surroundings => new()
    {
        Out = Out,
        Error = Error,
        Variable = name => _variables.GetValueOrDefault(name),
        VariableNames = () => _variables.Keys,
        HostName = "Host-Of-Test",
        IsRoot = false,
        // Whatever this machine has.
        CountLeftRoutes = () => 0,
        OpenInput = () => new MemoryStream(Encoding.UTF8.GetBytes(input)),
    };

    public Cli With(string variable, string value)
    {
        _variables[variable] = value;
        return this;
    }

    public Task<int> RunAsync(params string[] args) => CommandTree.InvokeAsync(args, Surroundings, TestContext.Current.CancellationToken);

    public Task<int> RunUntilAsync(CancellationToken stop, params string[] args) => CommandTree.InvokeAsync(args, Surroundings, stop);
}

/// <summary>Read by the test while a command writes.</summary>
internal sealed class SharedText : StringWriter
{
    private readonly Lock _lock = new();

    public override void Write(char value)
    {
        lock (_lock) base.Write(value);
    }

    public override void Write(char[] buffer, int index, int count)
    {
        lock (_lock) base.Write(buffer, index, count);
    }

    public override void Write(ReadOnlySpan<char> buffer)
    {
        lock (_lock) base.Write(buffer);
    }

    public override void Write(string? value)
    {
        lock (_lock) base.Write(value);
    }

    public override string ToString()
    {
        lock (_lock) return base.ToString();
    }
}
