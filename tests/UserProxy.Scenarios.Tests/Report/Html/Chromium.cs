using System.Diagnostics;

namespace UserProxy.Scenarios.Tests.Report.Html;

/// <summary>A real browser that draws a page once: headless, with a profile of its own, gone when it has answered.</summary>
internal static class Chromium
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private static string? Program { get; } =
        (from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
         from name in (string[])["chromium", "chromium-browser", "google-chrome"]
         select Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    public static void SkipUnlessInstalled() => Assert.SkipWhen(Program is null, "chromium is not installed");

    /// <summary>The document after its scripts have run.</summary>
    public static async Task<string> DomOfAsync(string page, int width)
    {
        using var folder = new TempFolder();
        string file = Path.Combine(folder.Path, "page.html");
        await File.WriteAllTextAsync(file, page);
        // As root there is no sandbox; the page is our own.
        string[] arguments =
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                $"--user-data-dir={Path.Combine(folder.Path, "profile")}",
            $"--window-size={width},2000", "--dump-dom", new Uri(file).AbsoluteUri,
        ];
        using var process = Process.Start(new ProcessStartInfo(Program!, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        using var deadline = new CancellationTokenSource(Patience);
        try
        {
            var errors = process.StandardError.ReadToEndAsync(deadline.Token);
            string dom = await process.StandardOutput.ReadToEndAsync(deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            if (dom.Length == 0) throw new InvalidOperationException($"chromium exited with {process.ExitCode}: {await errors}");
            return dom;
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    private sealed class TempFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("userproxy-chromium-").FullName;

        public void Dispose()
        {
            try
            {
                Directory.Delete(Path, recursive: true);
            }
            catch (IOException)
            {
                // A helper process of the browser still writes its profile: the folder is the system's to clean.
            }
        }
    }
}
