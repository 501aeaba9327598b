using System.Diagnostics;
using System.Text.Json;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Inspection;

/// <summary>What <c>userproxy inspect PORT -o json</c>, run as a process on a host, has said.</summary>
internal sealed record Inspected(int ExitCode, JsonElement Json, TimeSpan Took)
{
    private static string UserProxy => TestedProgram.Path;

    public static string[] AsNobody { get; } = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"];

    /// <summary>How often it was asked: each time has made its test connections.</summary>
    public int Tries { get; private init; } = 1;

    public string Verdict => Text("verdict");

    public JsonElement Listener => Json.GetProperty("listeners")[0];

    public JsonElement Probe(string address) =>
        Json.GetProperty("probes").EnumerateArray().Single(probe => probe.GetProperty("address").GetString() == address);

    /// <summary>Reasons, remarks and next steps, a line each.</summary>
    public string Words =>
        string.Join(
            '\n', new[] { "reasons", "remarks", "nextSteps", "unseen" }.SelectMany(
                name => Json.GetProperty(name).EnumerateArray()).Select(line => line.GetString()));

    /// <summary>Names of the processes that have the listener.</summary>
    public IEnumerable<string?> Owners => Listener.GetProperty("owners").EnumerateArray().Select(owner => owner.GetProperty("name").GetString());

    public int Count(string state, bool owned) => Json.GetProperty("connections").EnumerateArray()
        .Where(kind => kind.GetProperty("state").GetString() == state && kind.GetProperty("owned").GetBoolean() == owned).Sum(
            kind => kind.GetProperty("count").GetInt32());

    /// <param name="host">Where; null for the machine's own network.</param>
    /// <param name="arguments">Port and options.</param>
    public static Task<Inspected> RunAsync(TestHost? host, params string[] arguments) => RunAsync(host, [], arguments);

    /// <summary>Of a port that is served. On a busy machine the test connection may be accepted later than the command waits, which is a second.</summary>
    public static Task<Inspected> OfServedAsync(TestHost? host, params string[] arguments) => OfServedAsync(host, [], arguments);

    public static async Task<Inspected> OfServedAsync(TestHost? host, string[] prefix, string[] arguments)
    {
        Inspected? inspected = null;
        await Eventually.IsTrue(async () => (inspected = await RunAsync(host, prefix, arguments)).Verdict == "handled", "the port is found to be handled");
        return inspected!;
    }

    /// <param name="host">Where.</param>
    /// <param name="prefix">A program that becomes it: setpriv(1) with its options.</param>
    /// <param name="arguments">Port and options.</param>
    public static async Task<Inspected> RunAsync(TestHost? host, string[] prefix, string[] arguments)
    {
        // On a busy machine its time for the walk over all processes may be up before it has found the owners. It says so, and can be asked again.
        var patience = Stopwatch.StartNew();
        for (int tries = 1; ; tries++)
        {
            var inspected = await RunOnceAsync(host, prefix, arguments);
            if (!inspected.LacksSomething || patience.Elapsed > Eventually.Patience) return inspected with { Tries = tries };
        }
    }

    /// <summary>Rules, or an owner: of others that were not looked at it need not have been one's.</summary>
    private bool LacksSomething
    {
        get
        {
            var late = Json.GetProperty("unseen").EnumerateArray().Where(line => line.GetString()!.Contains("in time", StringComparison.Ordinal)).ToList();
            return late.Exists(line => !line.GetString()!.StartsWith("owners", StringComparison.Ordinal)) || (late.Count > 0
                && Json.GetProperty("listeners").EnumerateArray().Concat(Json.GetProperty("probes").EnumerateArray().Where(WasAccepted)).Any(
                    each => each.GetProperty("owners").GetArrayLength() == 0));
        }
    }

    private static bool WasAccepted(JsonElement probe) => probe.GetProperty("accepted").GetBoolean();

    private static async Task<Inspected> RunOnceAsync(TestHost? host, string[] prefix, string[] arguments)
    {
        string[] enter = host is null ? [] : ["ip", "netns", "exec", host.Name];
        string[] line = [.. enter, .. prefix, UserProxy, "inspect", .. arguments, "-o", "json"];
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(new ProcessStartInfo(line[0], line[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        using var deadline = new CancellationTokenSource(Eventually.Patience);
        var errors = process.StandardError.ReadToEndAsync(deadline.Token);
        string output = await process.StandardOutput.ReadToEndAsync(deadline.Token);
        await process.WaitForExitAsync(deadline.Token);
        var took = watch.Elapsed;
        (await errors).ShouldBeEmpty();
        using var json = JsonDocument.Parse(output);
        var inspected = new Inspected(process.ExitCode, json.RootElement.Clone(), took);
        TestContext.Current.TestOutputHelper?.WriteLine($"{inspected.Verdict} in {took.TotalMilliseconds:0} ms\n{inspected.Words}");
        return inspected;
    }

    private string Text(string name) => Json.GetProperty(name).GetString()!;
}
