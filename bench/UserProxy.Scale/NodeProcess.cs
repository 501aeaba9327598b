using System.Diagnostics;
using System.Globalization;

namespace UserProxy.Scale;

/// <summary>The real executable as a child, and what the kernel says of it.</summary>
internal sealed class NodeProcess : IDisposable
{
    private readonly Process _process;

    private NodeProcess(Process process) => _process = process;

    public int ResidentMegabytes => Kilobytes("VmRSS") / 1024;

    public int PeakMegabytes => Kilobytes("VmHWM") / 1024;

    public int Descriptors => Directory.GetFiles($"/proc/{_process.Id}/fd").Length;

    public static NodeProcess Start(string executable, string kubeconfig)
    {
        var start = new ProcessStartInfo(executable);
        string[] arguments =
        [
            "run", "--kubeconfig", kubeconfig, "--node-name", "bench", "--cluster-ips", "on", "--healthz-bind-address", "127.0.0.1:10256",
            "--log-level", "warning", "--admin-socket", kubeconfig + ".sock",
        ];
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        return new NodeProcess(Process.Start(start)!);
    }

    /// <summary>Until <c>/readyz</c> says so.</summary>
    public async Task ReadyAsync()
    {
        using var http = new HttpClient();
        while (!_process.HasExited)
        {
            try
            {
                using var response = await http.GetAsync(new Uri("http://127.0.0.1:10256/readyz"));
                if (response.IsSuccessStatusCode) return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(20);
        }

        throw new InvalidOperationException("userproxy has ended");
    }

    /// <summary>Processors that it used on average: 0.5 is half of one.</summary>
    public async Task<double> ProcessorWhileAsync(Func<Task> work)
    {
        var watch = Stopwatch.StartNew();
        var before = Used();
        await work();
        return (Used() - before) / watch.Elapsed;
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private TimeSpan Used()
    {
        _process.Refresh();
        return _process.TotalProcessorTime;
    }

    private int Kilobytes(string field) =>
        File.ReadLines($"/proc/{_process.Id}/status").Where(line => line.StartsWith(field + ":", StringComparison.Ordinal))
            .Select(line => int.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)).Single();
}
