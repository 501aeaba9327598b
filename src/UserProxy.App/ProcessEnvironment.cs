namespace UserProxy.App;

/// <summary>
/// Reads environment variables; everything else is handed the values through <see cref="Surroundings"/>. Only PATH has another reader, <see cref="ToolPath"/>.
/// </summary>
internal static class ProcessEnvironment
{
    /// <summary>The variable that says which kind of terminal this is.</summary>
    public const string Terminal = "TERM";

#pragma warning disable RS0030 // The ban keeps the environment out of the libraries; this is the one place that the ban points to.
    public static string? Variable(string name) => Environment.GetEnvironmentVariable(name);
#pragma warning restore RS0030

    public static IEnumerable<string> Names() => Environment.GetEnvironmentVariables().Keys.OfType<string>();

    /// <summary>
    /// The value of <see cref="Terminal"/>, which the runtime does not see from here on. Before any use of <see cref="Console"/>: that looks it up in terminfo,
    /// dies of a damaged entry, and switches the terminal's keypad over without ever taking it back.
    /// </summary>
    public static string? TakeTerminal()
    {
        string? terminal = Variable(Terminal);
        Environment.SetEnvironmentVariable(Terminal, null);
        return terminal;
    }
}
