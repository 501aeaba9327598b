using System.Globalization;

namespace UserProxy.App.Demo;

/// <summary>What to type beside a demo, with programs that are here.</summary>
internal static class DemoHints
{
    /// <param name="port">The NodePort.</param>
    /// <param name="udp">It echoes datagrams too.</param>
    /// <param name="has">Whether a program is on the PATH.</param>
    public static IEnumerable<string> For(int port, bool udp, Func<string, bool> has)
    {
        string at = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
        if (has("curl"))
        {
            yield return $"curl {at}";
            yield return $"for i in 1 2 3 4 5 6; do curl -s {at}; done";
        }
        else
        {
            yield return has("wget") ? $"wget -qO- {at}" : $"http://{at}/ in a browser";
        }

        if (udp && has("nc")) yield return string.Create(CultureInfo.InvariantCulture, $"echo hello | nc -u -w1 127.0.0.1 {port}");
    }

    public static bool IsHere(string program) => ToolPath.Find(program) is not null;

    /// <summary>How this program is called from here: by its name where that is found.</summary>
    public static string OwnName() =>
        IsHere("userproxy") || Environment.ProcessPath is not { } path || !Path.GetFileNameWithoutExtension(path).Equals("userproxy", StringComparison.Ordinal)
            ? "userproxy"
            : Path.GetRelativePath(Environment.CurrentDirectory, path);
}
