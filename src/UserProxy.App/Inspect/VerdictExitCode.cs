using UserProxy.App.CommandLine;

namespace UserProxy.App.Inspect;

/// <summary>What <c>inspect</c> says to scripts: its own codes, beside those of <see cref="ExitCode"/>.</summary>
internal static class VerdictExitCode
{
    /// <summary>Neither handled nor a placeholder, or not to be known.</summary>
    public const int Other = 2;

    public static int Of(Verdict verdict) => verdict switch
    {
        Verdict.Handled => ExitCode.Done,
        Verdict.Placeholder or Verdict.Unserved => ExitCode.Failed,
        _ => Other,
    };
}
