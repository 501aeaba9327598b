using System.Globalization;
using UserProxy.Linux.HandOver;
using UserProxy.Serving;

namespace UserProxy.App.Run.Stored;

/// <summary>
/// What the service manager has kept of a process before this one and passes on (sd_listen_fds(3)): listening sockets, each under a name, and the mark that
/// <see cref="SocketStore"/> leaves at each start. Read once, before anything else is started.
/// </summary>
internal sealed class StoredSockets
{
    private const int FirstDescriptor = 3;

    private readonly Dictionary<ulong, string> _names = [];
    private readonly List<string> _others = [];

    /// <summary>For listeners at the same addresses.</summary>
    public InheritedSockets Sockets { get; } = new();

    /// <summary>The name of each, by its identity.</summary>
    public IReadOnlyDictionary<ulong, string> Names => _names;

    /// <summary>Names of whatever else is kept, which is of no use here.</summary>
    public IReadOnlyList<string> Others => _others;

    /// <summary>Of the start before, which took no client; null when there was none.</summary>
    public StartMark? Mark { get; private set; }

    public static StoredSockets Take(Surroundings surroundings)
    {
        // What was passed to another process, as a shell that has started this one, is none of ours.
        if (!int.TryParse(surroundings.Variable("LISTEN_PID"), CultureInfo.InvariantCulture, out int pid) || pid != Environment.ProcessId) return Of([]);
        if (!int.TryParse(surroundings.Variable("LISTEN_FDS"), CultureInfo.InvariantCulture, out int count)) return Of([]);
        string[] names = (surroundings.Variable("LISTEN_FDNAMES") ?? "").Split(':');
        return Of(Enumerable.Range(0, count).Select(i => (FirstDescriptor + i, i < names.Length ? names[i] : "")));
    }

    /// <summary>Their descriptors are the result's.</summary>
    internal static StoredSockets Of(IEnumerable<(int Descriptor, string Name)> passed)
    {
        var stored = new StoredSockets();
        foreach (var (descriptor, name) in passed) stored.Add(descriptor, name);
        return stored;
    }

    private void Add(int descriptor, string name)
    {
        if (PassedDescriptor.Take(descriptor) is not { } passed) return;
        if (passed.Listens is { } listens && PassedDescriptor.Identity(passed.Handle) is { } identity)
        {
            _names[identity] = name;
            Sockets.Add(listens.Protocol, listens.At, passed.Handle);
            return;
        }

        passed.Handle.Dispose();
        _others.Add(name);
        Mark = StartMark.Parse(name) ?? Mark;
    }
}
