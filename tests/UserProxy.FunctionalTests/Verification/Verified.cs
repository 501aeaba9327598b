using System.Diagnostics;
using System.Text.Json;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Verification;

/// <summary>What <c>userproxy verify ... -o json</c>, run as a process on a host, has said.</summary>
internal sealed record Verified(int ExitCode, JsonElement Json)
{
    public static readonly string[] Steps =
        ["service", "selector", "slices", "ports", "ready", "listening", "shadowed", "kernel", "client", "networkPolicy", "dial", "connection", "name"];

    /// <summary>
    /// What it says of something that had no answer within its time: on a busy machine anything may have none. Where a sentence ends with it, it is of a name
    /// server: an endpoint that refuses "does not answer the proxy" either, however often that is asked.
    /// </summary>
    private static readonly string[] Late =
        ["not answered within", "did not answer within", "had no answer within", "does not answer\"", "did not answer its last dial", "in time"];

    /// <summary>ok, failed or notServed.</summary>
    public string Verdict => Json.GetProperty("verdict").GetString()!;

    /// <summary>Of the step that failed first; null when none did.</summary>
    public string? FirstCause => Json.GetProperty("firstCause") is { ValueKind: JsonValueKind.Object } cause ? cause.GetProperty("step").GetString() : null;

    public string? Next => Json.GetProperty("firstCause").GetProperty("next").GetString();

    public string VerdictOf(string step) => Step(step).GetProperty("verdict").GetString()!;

    /// <summary>All that a step says.</summary>
    public string WordsOf(string step) => string.Join(
        '\n', Step(step).GetProperty("evidence").EnumerateArray().Select(line => line.GetString()).Prepend(Step(step).GetProperty("says").GetString()).Append(
            Step(step).GetProperty("next").GetString()));

    /// <param name="host">Where; null for the machine's own network.</param>
    /// <param name="adminSocket">Of the proxy.</param>
    /// <param name="arguments">Service and options.</param>
    public static async Task<Verified> RunAsync(TestHost? host, string adminSocket, params string[] arguments)
    {
        long began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var verified = await RunOnceAsync(host, adminSocket, arguments);
            bool isLate = Late.Any(word => verified.Json.GetRawText().Contains(word, StringComparison.Ordinal));
            if (!isLate || TimeProvider.System.GetElapsedTime(began) > Eventually.Patience) return verified;
        }
    }

    /// <summary>The same where silence is what is looked for.</summary>
    public static async Task<Verified> RunOnceAsync(TestHost? host, string adminSocket, params string[] arguments)
    {
        string[] enter = host is null ? [] : ["ip", "netns", "exec", host.Name];
        string[] line = [.. enter, TestedProgram.Path, "verify", .. arguments, "--admin-socket", adminSocket, "-o", "json"];
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(new ProcessStartInfo(line[0], line[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        using var deadline = new CancellationTokenSource(Eventually.Patience);
        var errors = process.StandardError.ReadToEndAsync(deadline.Token);
        string output = await process.StandardOutput.ReadToEndAsync(deadline.Token);
        await process.WaitForExitAsync(deadline.Token);
        (await errors).ShouldBeEmpty();
        TestContext.Current.TestOutputHelper?.WriteLine($"{string.Join(' ', arguments)}: {watch.ElapsedMilliseconds} ms\n{output}");
        using var json = JsonDocument.Parse(output);
        var verified = new Verified(process.ExitCode, json.RootElement.Clone());
        verified.Json.GetProperty("steps").EnumerateArray().Select(step => step.GetProperty("step").GetString()).ShouldBe(Steps);
        return verified;
    }

    /// <summary>Whole, with the exit code of a cause that was found.</summary>
    public void ShouldName(string step, params string[] words)
    {
        (FirstCause, Verdict, ExitCode).ShouldBe((step, "failed", 1), Json.GetRawText());
        foreach (string word in words) WordsOf(step).ShouldContain(word);
        Next.ShouldNotBeNullOrEmpty();
    }

    public void ShouldBeWell() => (FirstCause, Verdict, ExitCode).ShouldBe((null, "ok", 0), Json.GetRawText());

    private JsonElement Step(string name) => Json.GetProperty("steps").EnumerateArray().Single(step => step.GetProperty("step").GetString() == name);
}
