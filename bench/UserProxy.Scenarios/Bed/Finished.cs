namespace UserProxy.Scenarios.Bed;

/// <summary>How a program ended; -1 when it was ended.</summary>
internal sealed record Finished(int ExitCode, string Output, string Errors)
{
    public string Text => Output + Errors;

    /// <summary>What it printed; throws when it failed.</summary>
    public string Expect(string what) => ExitCode == 0 ? Output : throw new BedException($"{what}: exit code {ExitCode}: {Text.Trim()}");
}
