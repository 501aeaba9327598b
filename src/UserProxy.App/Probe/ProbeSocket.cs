using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;
using UserProxy.App.Servers.Admin;

namespace UserProxy.App.Probe;

/// <summary>
/// Tells whoever connects to a Unix socket how this process is. Unlike every other port of it, it is never handed over, and answers from the start to the end:
/// two processes of one node have one each. Kept by <see cref="Run.NodeAgent"/>; asked by <see cref="ProbeCommand"/>.
/// </summary>
internal sealed class ProbeSocket : IAsyncDisposable
{
    private const int Backlog = 16;

    private readonly string _path;
    private readonly DateTime _stamp;
    private readonly Socket _listening;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _answering;

    private ProbeSocket(string path, Socket listening, TimeProvider time)
    {
        (_path, _listening, _time) = (path, listening, time);
        _stamp = AdminSocketFile.StampOf(path);
        _answering = AnswerLoopAsync();
    }

    /// <summary>Asked for each probe.</summary>
    public Func<ProbeAnswer> Answer { get; set; } = () => ProbeAnswer.Starting;

    /// <summary>False, and said, when the path cannot be had: the process would be killed for it later. None without a path.</summary>
    public static bool TryOpen(string? path, ILogger log, TimeProvider time, out ProbeSocket? opened)
    {
        opened = null;
        if (path is null) return true;
        try
        {
            if (Encoding.UTF8.GetByteCount(path) > AdminSocketFile.LongestPath)
                throw new IOException($"it is longer than {AdminSocketFile.LongestPath} bytes");
            var listening = AdminSocketFile.Bind(new UnixDomainSocketEndPoint(path));
            listening.Listen(Backlog);
            opened = new ProbeSocket(path, listening, time);
            return true;
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            log.ProbeSocketFailed(path, e.Message);
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _answering.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _listening.Dispose();
        AdminSocketFile.Remove(_path, _stamp);
        _stop.Dispose();
    }

    private async Task AnswerLoopAsync()
    {
        while (true)
        {
            try
            {
                using var client = await _listening.AcceptAsync(_stop.Token);
                // Fits into the buffer of a new socket: nobody is waited for.
                await client.SendAsync(Encoding.UTF8.GetBytes(Answer().ToString()), SocketFlags.None, _stop.Token);
            }
            catch (SocketException)
            {
                // It has left, or there is no descriptor: the queue holds those who ask.
                await Task.Delay(TimeSpan.FromMilliseconds(100), _time, _stop.Token);
            }
        }
    }
}
