using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace UserProxy.Scenarios.Load;

/// <summary>One GET on a connection of its own, whole: for checks and for counting failures, not for rates.</summary>
internal static class HttpAnswer
{
    /// <summary>
    /// The body, or null when the connection failed, was cut, or took longer than the limit. The socket was made in the client's namespace, and is disposed of
    /// here.
    /// </summary>
    public static async Task<string?> GetAsync(Socket socket, IPEndPoint address, string path, TimeSpan limit, CancellationToken stop)
    {
        using var own = socket;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stop);
        deadline.CancelAfter(limit);
        try
        {
            await own.ConnectAsync(address, deadline.Token);
            await own.SendAsync(Request(path, "close"), deadline.Token);
            using var received = new MemoryStream();
            var buffer = new byte[64 << 10];
            while (await own.ReceiveAsync(buffer, deadline.Token) is > 0 and var length) received.Write(buffer, 0, length);
            return BodyOf(Encoding.Latin1.GetString(received.ToArray()));
        }
        catch (SocketException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return null;
        }
    }

    public static byte[] Request(string path, string connection) =>
        Encoding.ASCII.GetBytes($"GET /{path} HTTP/1.1\r\nHost: bench\r\nConnection: {connection}\r\n\r\n");

    /// <summary>Null unless it is a whole answer with status 200.</summary>
    public static string? BodyOf(string answer)
    {
        int end = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0 || !answer.StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal)) return null;
        string body = answer[(end + 4)..];
        return LengthOf(answer[..end]) == body.Length ? body : null;
    }

    /// <summary>Content-Length; -1 when it is missing.</summary>
    public static int LengthOf(string head)
    {
        const string Name = "\r\nContent-Length: ";
        int at = head.IndexOf(Name, StringComparison.OrdinalIgnoreCase);
        if (at < 0) return -1;
        string value = head[(at + Name.Length)..].Split('\r')[0];
        return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int length) ? length : -1;
    }
}
