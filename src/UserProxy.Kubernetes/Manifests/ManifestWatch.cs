using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace UserProxy.Kubernetes.Manifests;

/// <summary>
/// Says when it is worth looking at the files: at once when the kernel reports a change in one of the folders, and every second in any case. inotify sees
/// neither through links nor over network mounts, and its instances run out.
/// </summary>
internal sealed class ManifestWatch : IDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    private readonly Channel<bool> _wakeUps = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly List<FolderWatch> _folders;
    private readonly ITimer _poll;
    private readonly ILogger _logger;

    public ManifestWatch(IEnumerable<string> paths, TimeProvider time, ILogger logger)
    {
        _logger = logger;
        _folders = [.. paths.Select(Path.GetFullPath).Distinct().Select(path => new FolderWatch(path))];
        foreach (var folder in _folders) Arm(folder);
        _poll = time.CreateTimer(_ => Wake(), null, PollInterval, PollInterval);
    }

    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        await _wakeUps.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        foreach (var folder in _folders) Arm(folder);
    }

    public void Dispose()
    {
        _poll.Dispose();
        foreach (var folder in _folders) folder.Disarm();
    }

    private void Wake() => _wakeUps.Writer.TryWrite(true);

    /// <summary>A watch holds on to the folder that it was given: one that was deleted and made again under the same name needs a new one.</summary>
    private void Arm(FolderWatch folder)
    {
        try
        {
            string? directory = Directory.Exists(folder.Path) ? folder.Path : Path.GetDirectoryName(folder.Path);
            var identity = directory is not null && Directory.Exists(directory) ? (RealPath.Of(directory), Directory.GetCreationTimeUtc(directory)) : default;
            if (identity == folder.Identity) return;

            folder.Disarm();
            folder.Identity = identity;
            if (identity.Item1 is null) return;
            folder.Watcher = new FileSystemWatcher(identity.Item1)
            {
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size,
            };
            folder.Watcher.Changed += (_, _) => Wake();
            folder.Watcher.Created += (_, _) => Wake();
            folder.Watcher.Deleted += (_, _) => Wake();
            folder.Watcher.Renamed += (_, _) => Wake();
            folder.Watcher.Error += (_, _) => Wake(); // events were lost: look
            folder.Watcher.EnableRaisingEvents = true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            folder.Watcher?.Dispose();
            folder.Watcher = null;
            if (folder.FailureLogged) return;
            folder.FailureLogged = true;
            KubernetesLog.WatchFailed(_logger, PrintableText.Of(folder.Path, 400), PollInterval, PrintableText.Of(e.Message));
        }
    }

    private sealed class FolderWatch(string path)
    {
        public string Path { get; } = path;

        public (string?, DateTime) Identity { get; set; }

        public FileSystemWatcher? Watcher { get; set; }

        public bool FailureLogged { get; set; }

        public void Disarm()
        {
            Watcher?.Dispose();
            Watcher = null;
        }
    }
}
