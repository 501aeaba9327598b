namespace UserProxy.App;

/// <summary>The only reader of environment variables; everything else is handed the values through <see cref="Surroundings"/>.</summary>
internal static class ProcessEnvironment
{
#pragma warning disable RS0030 // The ban keeps the environment out of the libraries; this is the one place that the ban points to.
    public static string? Variable(string name) => Environment.GetEnvironmentVariable(name);
#pragma warning restore RS0030
}
