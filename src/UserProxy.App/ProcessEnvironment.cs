namespace UserProxy.App;

/// <summary>
/// Reads environment variables; everything else is handed the values through <see cref="Surroundings"/>. Only PATH has another reader, <see cref="ToolPath"/>.
/// </summary>
internal static class ProcessEnvironment
{
#pragma warning disable RS0030 // The ban keeps the environment out of the libraries; this is the one place that the ban points to.
    public static string? Variable(string name) => Environment.GetEnvironmentVariable(name);
#pragma warning restore RS0030
}
