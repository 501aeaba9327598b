using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using UserProxy.App.Servers.Admin;
using UserProxy.FunctionalTests.Support;
using UserProxy.Kubernetes.Tests;

namespace UserProxy.App.Tests.Servers.Admin;

/// <summary>The path of the admin socket while the proxy runs: others may clean the folder, or put their own there.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class AdminServerPathTests : IDisposable
{
    private const int Gone = 561;

    private readonly TempFolder _folder = new();
    private readonly RecordingLogger<AdminServer> _log = new();

    private string SocketPath => Path.Combine(_folder.Path, "sub", "admin.sock");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SomebodyRemovesIt_IsMadeAgain(bool withItsFolder)
    {
        await using (await StartAsync())
        {
            (await AnswersAsync()).ShouldBeTrue();

            if (withItsFolder) Directory.Delete(Path.GetDirectoryName(SocketPath)!, recursive: true);
            else File.Delete(SocketPath);

            await Eventually.IsTrue(AnswersAsync, "it is there again");
            _log.Lines(Gone).ShouldHaveSingleItem().ShouldContain(SocketPath);
        }

        File.Exists(SocketPath).ShouldBeFalse();
    }

    [Fact]
    public async Task AnotherProcessPutsItsOwnThere_ThatOneIsLeftAlone()
    {
        using var other = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await using (await StartAsync())
        {
            (await AnswersAsync()).ShouldBeTrue();
            string beside = SocketPath + ".new";
            other.Bind(new UnixDomainSocketEndPoint(beside));
            other.Listen();
            File.Move(beside, SocketPath, overwrite: true);

            await _log.SeenAsync(Gone).WaitAsync(TestContext.Current.CancellationToken);
        }

        File.Exists(SocketPath).ShouldBeTrue();
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await client.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), TestContext.Current.CancellationToken);
        other.Poll(Eventually.Patience, SelectMode.SelectRead).ShouldBeTrue();
    }

    private Task<AdminServer> StartAsync() => AdminServer.StartAsync(SocketPath, context => context.Response.WriteAsync("here"), _log, new QuickLook());

    private async Task<bool> AnswersAsync()
    {
        using var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        try
        {
            return await http.GetStringAsync("http://localhost/", TestContext.Current.CancellationToken) == "here";
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>The look at the file, and the next try, come at once; the deadlines of clients are as they are.</summary>
    private sealed class QuickLook : TimeProvider
    {
        private static readonly TimeSpan Look = TimeSpan.FromSeconds(5), Soon = TimeSpan.FromMilliseconds(10);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime == Look ? Soon : dueTime, period);
    }
}
