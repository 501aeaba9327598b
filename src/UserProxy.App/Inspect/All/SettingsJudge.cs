using System.Globalization;
using UserProxy.Linux.PortInspection;

namespace UserProxy.App.Inspect.All;

/// <summary>What is wrong with the sysctls that decide how many clients may wait, and which ports the kernel gives away. Pure.</summary>
internal static class SettingsJudge
{
    /// <summary>Of the kernel since 5.4; 128 before.</summary>
    private const int UsualBacklog = 4096;

    /// <summary>Fewer are used up by one busy client: each has a minute of TIME_WAIT behind it.</summary>
    private const int FewPorts = 10_000;

    public static IReadOnlyList<SettingItem> Judge(
        IReadOnlyList<(string Name, string Value)> settings, IReadOnlyList<ListeningItem> listening, IReadOnlyList<KernelCounter> counters)
    {
        var values = settings.ToDictionary(setting => setting.Name, setting => setting.Value, StringComparer.Ordinal);
        return
        [
            .. from setting in settings
               select new SettingItem(setting.Name, setting.Value, ProblemOf(setting.Name, setting.Value, values, listening, counters)),
        ];
    }

    /// <summary>Whether the kernel may give this port to an outgoing connection.</summary>
    public static bool IsGivenAway(int port, IReadOnlyDictionary<string, string> values) =>
        values.TryGetValue(QueueSettings.OwnPorts, out string? range) && Numbers(range) is [var first, var last] && port >= first && port <= last
            && !IsReserved(port, values.GetValueOrDefault(QueueSettings.ReservedPorts, ""));

    private static string? ProblemOf(
        string name, string value, Dictionary<string, string> values, IReadOnlyList<ListeningItem> listening, IReadOnlyList<KernelCounter> counters)
    {
        long? number = Numbers(value) is [var single] ? single : null;
        switch (name)
        {
            case QueueSettings.MostWaiting when number < UsualBacklog:
                int cut = listening.Count(item => !item.IsUdp && item.Sockets.Any(socket => socket.Backlog == number));
                return cut == 0 ? $"no listener gets a queue of more than that ({UsualBacklog} is usual)"
                    : $"{Words.Count(cut, "listener")} may have asked for a longer queue, and none gets it ({UsualBacklog} is usual)";
            case QueueSettings.MostHandshakes when number < 256 || (number < UsualBacklog && Value(counters, "TCPReqQFullDrop") > 0):
                return "handshakes that begin at the same time may be dropped; TCPReqQFullDrop and TCPReqQFullDoCookies count them";
            case QueueSettings.ResetsOnOverflow when number != 0:
                return "a full accept queue resets clients, which take the port for a broken one; by default they try again";
            case QueueSettings.Cookies when number == 0:
                return "a flood of SYNs keeps all clients out; 1 is the default";
            case QueueSettings.ReusesTimeWait when number == 0:
                return "ports of closed connections to Pods are not used again for a minute; the default is 2 (loopback alone), 1 for all";
            case QueueSettings.MostTimeWait when Value(counters, "TCPTimeWaitOverflow") > 0:
                return $"there were more closed connections than that {Value(counters, "TCPTimeWaitOverflow")} times, which were forgotten too early";
            case QueueSettings.OwnPorts:
                return RangeProblem(value, values, listening);
            case QueueSettings.Tracked when number is { } tracked && Most(values) is { } most && tracked > most * 9 / 10:
                return $"of {most} entries of connection tracking: when they are used up, new connections are dropped";
            default:
                return null;
        }
    }

    private static string? RangeProblem(string value, Dictionary<string, string> values, IReadOnlyList<ListeningItem> listening)
    {
        if (Numbers(value) is not [var first, var last]) return null;
        var ports = listening.Where(item => item.Services.Count > 0).Select(item => item.Port).Distinct();
        int[] taken = [.. ports.Where(port => IsGivenAway(port, values)).Order()];
        if (taken.Length > 0)
        {
            return $"the kernel may give {Words.Count(taken.Length, "port")} of Services to outgoing connections ({string.Join(", ", taken.Take(5))}"
                + $"{(taken.Length > 5 ? ", ..." : "")}), and then nobody can listen there: put them into {QueueSettings.ReservedPorts}";
        }

        return last - first + 1 < FewPorts ? "few ports for outgoing connections: dials fail when they are used up" : null;
    }

    private static long? Most(Dictionary<string, string> values) =>
        values.TryGetValue(QueueSettings.MostTracked, out string? text) && Numbers(text) is [> 0 and var most] ? most : null;

    private static long Value(IReadOnlyList<KernelCounter> counters, string name) => counters.FirstOrDefault(counter => counter.Name == name).Value;

    // "8080,9148-9150", the form of the setting.
    private static bool IsReserved(int port, string reserved) => reserved.Split(',', StringSplitOptions.RemoveEmptyEntries).Any(part =>
        Numbers(part.Replace('-', ' ')) is { Length: 1 or 2 } ends && ends[0] <= port && port <= ends[^1]);

    private static long[] Numbers(string text)
    {
        string[] parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var numbers = parts.Select(part => long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : -1).ToArray();
        return numbers.Contains(-1) ? [] : numbers;
    }
}
