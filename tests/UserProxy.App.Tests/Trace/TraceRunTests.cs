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

    /// <summary>Nobody knows whether it is open.</summary>
    [Fact]
    public async Task EndIsLost_IsNotSaidToBeOpen()
    {
        var (code, error) = await RunAsync(isWhole: true, Started, Arrival, Lost, Arrival with { Connection = Arrival.Connection! with { Id = 8 } });

        code.ShouldBe(ExitCode.Done);
        error.ShouldContain("2 connections in ");
        error.ShouldNotContain("open");
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
