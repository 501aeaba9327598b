using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Linux.VirtualIPs;
using UserProxy.Model;

namespace UserProxy.App.CommandLine;

/// <summary>
/// Asks a running proxy over its admin socket. Whatever is at the path - nothing, a dead socket, a program that hangs or talks rubbish - the answer comes
/// within a bounded time and says what to do.
/// </summary>
internal sealed class AdminClient : IDisposable
{
    /// <summary>For the connection, for the first byte, and for each part of the answer after it.</summary>
    private static readonly TimeSpan UsualPatience = TimeSpan.FromSeconds(5);

    /// <summary>For an answer as a whole: a hundred thousand connections are 40 MB, and take a second.</summary>
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(60);

    private const int LargestAnswer = 1 << 29;

    /// <summary>Of an answer that goes on.</summary>
    private const int LongestLine = 1 << 20;

    /// <summary>SO_PEERCRED of unix(7), and the length of its answer: pid, uid and gid.</summary>
    private const int SocketLevel = 1, PeerCredentials = 17, CredentialsLength = 12;

    private readonly string _path;
    private readonly bool _isRoot;
    private readonly TimeSpan _patience;
    private readonly TimeProvider _time;
    private readonly Lazy<int> _left;
    private readonly HttpClient _http;

    /// <param name="path">Of the admin socket.</param>
    /// <param name="isRoot">For advice only.</param>
    /// <param name="patience">For each step of an answer.</param>
    /// <param name="time">Measures it for an answer that goes on; null is the system's.</param>
    /// <param name="countLeft">Counts the routes of a run that has ended, once; null is the system's.</param>
    public AdminClient(string path, bool isRoot, TimeSpan? patience = null, TimeProvider? time = null, Func<int>? countLeft = null)
    {
        _left = new Lazy<int>(countLeft ?? VirtualIPLeftovers.Count);
        _patience = patience ?? UsualPatience;
        _time = time ?? TimeProvider.System;
        _path = path;
        _isRoot = isRoot;
        _http = new HttpClient(new SocketsHttpHandler { ConnectCallback = ConnectAsync, UseProxy = false, AllowAutoRedirect = false })
        {
            BaseAddress = new Uri("http://userproxy"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>The process that answered last, as this one sees it; null before an answer, and where the system does not tell.</summary>
    public int? PeerPid { get; private set; }

    /// <summary>The answer as it came, which may have more fields than this version knows.</summary>
    /// <param name="resource">Path and query.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="AdminException">There is none.</exception>
    public async Task<JsonDocument> GetAsync(string resource, CancellationToken cancellation)
    {
        var (status, body) = await FetchAsync(resource, cancellation);
        var answer = Parse(body);
        if (status == HttpStatusCode.OK) return answer;
        using (answer) throw Refused(status, Read(answer, AdminJson.Default.AdminError));
    }

    /// <summary>
    /// An answer that goes on, a JSON object a line, until it ends or <paramref name="cancellation"/>. Whoever has nothing to say sends an empty line now and
    /// then: silence is a proxy that hangs. Time that <paramref name="take"/> needs is not the proxy's.
    /// </summary>
    /// <param name="resource">Path and query.</param>
    /// <param name="take">Given each object, which is disposed of after it.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The proxy has said that this was all; false when it has broken off.</returns>
    /// <exception cref="AdminException">There is none, or it is none of ours.</exception>
    public async Task<bool> StreamAsync(string resource, Action<JsonDocument> take, CancellationToken cancellation)
    {
        using var silence = new CancellationTokenSource(_patience, _time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation, silence.Token);
        try
        {
            using var response = await _http.GetAsync(new Uri(resource, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, patience.Token);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                using var refusal = Parse(await response.Content.ReadAsByteArrayAsync(patience.Token));
                throw Refused(response.StatusCode, Read(refusal, AdminJson.Default.AdminError));
            }

            await using var body = await response.Content.ReadAsStreamAsync(patience.Token);
            var lines = PipeReader.Create(body);
            for (bool isOver = false; !isOver;)
            {
                silence.CancelAfter(_patience);
                // Broken off: the proxy ends, or has closed it for others.
                if (await TryReadAsync(lines, patience.Token) is not { } read) return false;
                silence.CancelAfter(Timeout.InfiniteTimeSpan);
                isOver = read.IsCompleted;
                var rest = read.Buffer;
                while (rest.PositionOf((byte)'\n') is { } end)
                {
                    var line = rest.Slice(0, end);
                    rest = rest.Slice(rest.GetPosition(1, end));
                    if (line.IsEmpty) continue;
                    using var json = Parse(line.ToArray());
                    take(json);
                }

                if (rest.Length > LongestLine) throw Strange("a line of its answer does not end");
                lines.AdvanceTo(rest.Start, rest.End);
            }

            return true;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw Silent(_patience);
        }
        catch (HttpRequestException e) when (e.InnerException is AdminException known)
        {
            throw known;
        }
        catch (HttpRequestException e)
        {
            throw Strange(e.Message, e);
        }
    }

    private static async ValueTask<ReadResult?> TryReadAsync(PipeReader reader, CancellationToken cancellation)
    {
        try
        {
            return await reader.ReadAsync(cancellation);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>The answer as far as this version knows it.</summary>
    /// <exception cref="AdminException">It is none of ours.</exception>
    public T Read<T>(JsonDocument answer, JsonTypeInfo<T> type)
    {
        try
        {
            return answer.Deserialize(type)!;
        }
        catch (JsonException e)
        {
            throw Strange($"its answer does not fit: {JsonFault.Of(e)}", e);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<(HttpStatusCode Status, ReadOnlyMemory<byte> Body)> FetchAsync(string resource, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var whole = new CancellationTokenSource(LongestAnswer);
        await using var ending = whole.Token.Register(patience.Cancel);
        patience.CancelAfter(_patience);
        try
        {
            using var response = await _http.GetAsync(new Uri(resource, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, patience.Token);
            await using var body = await response.Content.ReadAsStreamAsync(patience.Token);
            var all = new MemoryStream();
            var buffer = new byte[64 * 1024];
            while (true)
            {
                patience.CancelAfter(_patience);
                int read = await body.ReadAsync(buffer, patience.Token);
                if (read == 0) return (response.StatusCode, all.GetBuffer().AsMemory(0, (int)all.Length));
                if (all.Length + read > LargestAnswer) throw Strange("its answer does not end");
                all.Write(buffer, 0, read);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw Silent(whole.IsCancellationRequested ? LongestAnswer : _patience);
        }
        catch (HttpRequestException e) when (e.InnerException is AdminException known)
        {
            throw known;
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw Strange(WhyBroken(e), e);
        }
    }

    private JsonDocument Parse(ReadOnlyMemory<byte> body)
    {
        JsonDocument answer;
        try
        {
            answer = JsonDocument.Parse(body);
        }
        catch (JsonException e)
        {
            throw Strange("its answer is no JSON", e);
        }

        var root = answer.RootElement;
        if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("apiVersion", out var version) && version.ValueEquals(ApiVersion.V1)) return answer;
        answer.Dispose();
        throw Strange($"its answer is not {ApiVersion.V1}");
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(_path), cancellation);
            PeerPid = ReadPeerPid(socket);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            socket.Dispose();
            throw new AdminException($"no userproxy answers at {_path}: {WhyNot(e)}{Left()}", ExitCode.Unreachable, e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static int? ReadPeerPid(Socket socket)
    {
        Span<byte> credentials = stackalloc byte[CredentialsLength];
        // 0: a process of another PID namespace.
        return OperatingSystem.IsLinux() && socket.GetRawSocketOption(SocketLevel, PeerCredentials, credentials) == CredentialsLength
            && BitConverter.ToInt32(credentials) is > 0 and var pid ? pid : null;
    }

    private static string WhyBroken(Exception exception) => exception switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } => "it hung up before it had answered",
        HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse } => "its answer is no HTTP",
        HttpRequestException { InnerException: IOException } or IOException => "it broke off in the middle of its answer",
        _ => exception.Message.TrimEnd('.'),
    };

    private string WhyNot(Exception exception) => SocketFault.Of(
        exception, _path,
        "there is no such socket. Is one running (userproxy run)? It may have another --admin-socket"
            + (_isRoot ? "" : ", and that of root answers to root only (sudo)"));

    /// <summary>What a run that was killed leaves, where that is seen.</summary>
    private string Left() => _left.Value switch
    {
        0 => "",
        1 => ". 1 route of a virtual IP is left of a run that has ended: the next run takes it over, and sudo userproxy cleanup removes it",
        var routes => $". {Amount.Of(routes, "route")} of virtual IPs are left of a run that has ended: the next run takes them over, and "
            + "sudo userproxy cleanup removes them",
    };

    private AdminException Silent(TimeSpan waited) =>
        new($"the process at {_path} does not answer ({GoDuration.Format(waited)}); {SocketFault.Hangs(PeerPid)}", ExitCode.Unreachable);

    private AdminException Strange(string what, Exception? inner = null) =>
        new($"what answers at {_path} is no userproxy: {what}", ExitCode.Unreachable, inner);

    private AdminException Refused(HttpStatusCode status, AdminError error) =>
        error.Message is null ? Strange($"its answer is {(int)status}, without a message") : new(error.Message, status switch
        {
            HttpStatusCode.BadRequest => ExitCode.BadUsage,
            HttpStatusCode.ServiceUnavailable => ExitCode.Unreachable,
            _ => ExitCode.Failed,
        });
}

/// <summary>A question that got no good answer: what to tell the person who asked, and the exit code to end with. The words may be a tenant's.</summary>
internal sealed class AdminException(string message, int exitCode, Exception? inner = null) : Exception(PrintedLine.Of(message), inner)
{
    public int Code { get; } = exitCode;
}
