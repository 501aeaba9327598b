using Microsoft.Extensions.Logging;
using UserProxy.Linux.HandOver;

namespace UserProxy.App.Run.Stored;

/// <summary>Tells systemd how far this process is (<c>Type=notify</c>, sd_notify(3)). Made and asked by <see cref="NodeAgent"/>.</summary>
internal sealed class ServiceManager : IDisposable
{
    private const string Variable = "NOTIFY_SOCKET";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly ILogger _log;
    private readonly TimeProvider _time;

    private ServiceManager(NotifySocket socket, ILogger log, TimeProvider time) => (Socket, _log, _time) = (socket, log, time);

    public NotifySocket Socket { get; }

    /// <summary>Whether one has started this process.</summary>
    public static bool IsThere(Surroundings surroundings) => surroundings.Variable(Variable) is { Length: > 0 };

    /// <summary>Null when none has started this process, or it cannot be reached, which is said.</summary>
    public static ServiceManager? Find(Surroundings surroundings, ILogger log)
    {
        if (surroundings.Variable(Variable) is not { Length: > 0 } address || !OperatingSystem.IsLinux()) return null;
        try
        {
            return new ServiceManager(NotifySocket.Connect(address), log, surroundings.Time);
        }
        catch (IOException e)
        {
            log.StoreFailed(e.Message);
            return null;
        }
    }

    /// <summary>It has begun; what it serves, its source decides.</summary>
    public void Ready() => _ = NotifyAsync("READY=1");

    public void Stopping() => _ = NotifyAsync("STOPPING=1");

    public void Dispose() => Socket.Dispose();

    private async Task NotifyAsync(string message)
    {
        try
        {
            await Socket.SendAsync(message, Patience, _time);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            _log.StoreFailed(e.Message);
        }
    }
}
