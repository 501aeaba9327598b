using System.Net.Sockets;
using System.Text;

namespace UserProxy.App.Tests;

/// <summary>What a running proxy would say over its admin socket, in the words of the test.</summary>
internal sealed class FakeAdminSocket : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    /// <param name="answer">To the path and query of a question: all of the HTTP answer, after which it hangs up.</param>
    public FakeAdminSocket(Func<string, string> answer)
    {
        _listener.Bind(new UnixDomainSocketEndPoint(Path));
        _listener.Listen(8);
        _ = ServeAsync(answer);
    }

    public string Path => System.IO.Path.Combine(_folder.Path, "a.sock");

    public static string Whole(string body) => $"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";

    /// <summary>In ASCII.</summary>
    /// <param name="isWhole">The answer says that this was all, else it breaks off.</param>
    /// <param name="lines">A chunk each.</param>
    public static string Stream(bool isWhole, params IEnumerable<string> lines) =>
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + string.Concat(lines.Select(line => $"{line.Length + 1:x}\r\n{line}\n\r\n"))
            + (isWhole ? "0\r\n\r\n" : "");

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
        _folder.Dispose();
    }

    private async Task ServeAsync(Func<string, string> answer)
    {
        var buffer = new byte[8192];
        while (true)
        {
            using var client = await _listener.AcceptAsync(_stop.Token);
            int length = await client.ReceiveAsync(buffer, _stop.Token);
            if (length == 0) continue;
            await client.SendAsync(Encoding.UTF8.GetBytes(answer(Encoding.ASCII.GetString(buffer, 0, length).Split(' ')[1])), _stop.Token);
        }
    }
}
