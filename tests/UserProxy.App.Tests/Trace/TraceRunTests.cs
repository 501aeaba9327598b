using System.Net.Sockets;
using System.Text.Json;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.App.Tests.CommandLine;

namespace UserProxy.App.Tests.Trace;

/// <summary>How <c>trace --count</c> ends: by what the proxy says, and not by the records that have come through.</summary>
public sealed class TraceRunTests
{
    private static readonly TraceRecord Started = TraceSamples.Records[0], Arrival = TraceSamples.Records[1], End = TraceSamples.Records.First(
        record => record.Event == TraceRecord.Ended && record.Connection == Arrival.Connection);

    private static readonly TraceRecord Lost = TraceSamples.Records.Single(record => record.Event == TraceRecord.Lost);

    [Fact]
    public async Task AllHaveEnded_IsDone()
    {
        var (code, error) = await RunAsync(isWhole: true, Started, Arrival, End);

        code.ShouldBe(ExitCode.Done);
        error.ShouldContain("1 connection in ");
    }

    [Fact]
    public async Task ProxyIsKilledAfterTheArrival_IsSaid()
    {
        var (code, error) = await RunAsync(isWhole: false, Started, Arrival);

        code.ShouldBe(ExitCode.Unreachable);
        error.ShouldContain("1 connection, 1 of them still open in ");
        error.ShouldContain("the proxy has ended the trace");
    }

    [Fact]
    public async Task ArrivalIsLost_IsDone()
    {
        var (code, error) = await RunAsync(isWhole: true, Started, Lost, End);

        code.ShouldBe(ExitCode.Done);
        error.ShouldContain("records were lost");
    }

    [Fact]
    public async Task SomeWereNotFollowed_IsSaid()
    {
        var (code, error) = await RunAsync(
            isWhole: true, Started, Arrival, End, TraceSamples.Records.Single(record => record.Event == TraceRecord.Skipped));

        code.ShouldBe(ExitCode.Done);
        error.ShouldContain("1 connection in ");
        error.ShouldContain("5310 more were not followed: name a Service or a client");
    }

    /// <summary>Nobody knows whether it is open.</summary>
    [Fact]
    public async Task EndIsLost_IsNotSaidToBeOpen()
    {
        var (code, error) = await RunAsync(isWhole: true, Started, Arrival, Lost, Arrival with { Connection = Arrival.Connection! with { Id = 8 } });

        code.ShouldBe(ExitCode.Done);
        error.ShouldContain("2 connections in ");
        error.ShouldNotContain("open");
    }

    /// <summary>Also while nothing comes: this proxy never answers.</summary>
    [Fact]
    public async Task NobodyReadsStandardOutput_EndsQuietly()
    {
        using var folder = new TempFolder();
        string path = Path.Combine(folder.Path, "a.sock");
        using var silent = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        silent.Bind(new UnixDomainSocketEndPoint(path));
        silent.Listen();
        var cli = new Cli();

        int code = await CommandTree.InvokeAsync(
            ["trace", "--admin-socket", path], cli.Surroundings with { OutIsGone = () => true }, TestContext.Current.CancellationToken);

        (code, cli.Error.ToString()).ShouldBe((ExitCode.Done, ""));
    }

    private static async Task<(int Code, string Error)> RunAsync(bool isWhole, params TraceRecord[] records)
    {
        using var admin = new FakeAdminSocket(
            _ => FakeAdminSocket.Stream(isWhole, records.Select(record => JsonSerializer.Serialize(record, AdminJson.Default.TraceRecord))));
        var cli = new Cli();
        int code = await cli.RunAsync("trace", "--count", "1", "--admin-socket", admin.Path);
        return (code, cli.Error.ToString());
    }
}
