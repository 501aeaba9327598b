using UserProxy.App.CommandLine;
using UserProxy.App.Connections;
using UserProxy.App.Explain;
using UserProxy.App.List;
using UserProxy.App.Servers.Admin.Messages;

namespace UserProxy.App.Tests.CommandLine;

/// <summary>What only some Services have is shown where there is some: others' tables stay as they are (<see cref="PrintedTests"/>).</summary>
public sealed class ToldTablesTests
{
    private static readonly ServiceItem Web = Samples.Services.Services.First(service => service.Name == "web");

    [Fact]
    public void Connections_SomeAreTold_TheColumnsAreThere()
    {
        var connections = Samples.Connections.Connections.ToList();
        connections[0] = connections[0] with { ToldBy = "10.0.0.9:1024", UniqueId = "abc-1" };

        string[] lines = Lines(output => ConnectionTable.Of(connections).Write(output));

        lines[0].ShouldEndWith("TOLD-BY         UNIQUE-ID");
        lines[1].ShouldEndWith("10.0.0.9:1024   abc-1");
        lines[2].ShouldEndWith("-               -");
    }

    [Fact]
    public void List_SomeAreTold_WideSaysHow()
    {
        string[] lines = Lines(output => ServiceTables.Listeners([Web with { ProxyProtocol = "v2", AcceptProxyProtocol = "10.0.0.5/32" }], true).Write(output));

        lines[0].ShouldEndWith("PROXY-PROTOCOL");
        lines[1].ShouldEndWith("from 10.0.0.5/32, to endpoints: v2");
    }

    /// <summary>What a port's number, its state and its Service are tells most.</summary>
    [Fact]
    public void List_On40Columns_KeepsNamePortAndState()
    {
        string[] lines = Lines(output => ServiceTables.Listeners(Samples.Services.Services, wide: false).Write(output, new Screen(40, HasColour: false)));

        lines[0].ShouldBe("NAME                PORT       STATE");
        lines[3].ShouldBe("web                 http:80    Dropping");
        lines[8].ShouldBe("empty               80:53/UDP  -");
    }

    /// <summary>What a narrow terminal puts into another column is not there twice the next time.</summary>
    [Fact]
    public void List_WrittenTwice_IsTheSame()
    {
        var table = ServiceTables.Listeners(Samples.Services.Services, wide: false);
        var screen = new Screen(40, HasColour: false);

        string[] once = Lines(output => table.Write(output, screen)), again = Lines(output => table.Write(output, screen));

        again.ShouldBe(once);
        Lines(output => table.Write(output)).ShouldBe(Lines(output => ServiceTables.Listeners(Samples.Services.Services, wide: false).Write(output)));
    }

    /// <summary>Who has taken a port stands at its end.</summary>
    [Theory]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(120)]
    public void List_WideOnATerminal_HasTheWholeReason(int width)
    {
        const string reason = "the port is taken by a-process-of-another (pid 1234567), one of 17 sockets of user 4711, at 0.0.0.0:30080";
        var taken = Web with { Listeners = [Web.Listeners[1] with { State = "Failed", Reason = reason }] };

        string[] lines = Lines(output => ServiceTables.Listeners([taken], wide: true).Write(output, new Screen(width, HasColour: false)));

        lines.ShouldAllBe(line => line.Length <= width);
        string.Join(' ', lines.Skip(2).Select(line => line.Trim())).TrimEnd().ShouldBe(reason);
    }

    [Theory]
    [InlineData("TCP", null, null, null, "")]
    [InlineData("TCP", "v1", null, null, "PROXY protocol: endpoints are told the client by v1")]
    [InlineData("TCP", "v2", "crc32c,service-name", null, "PROXY protocol: endpoints are told the client by v2 with crc32c and service-name")]
    [InlineData("UDP", "v2", null, null, "PROXY protocol: endpoints are told the client by v2, before each datagram")]
    [InlineData("UDP", "v1", null, null, "PROXY protocol: v1 is for TCP; datagrams go to endpoints without a header")]
    [InlineData("UDP", null, null, "10.0.0.5/32", "PROXY protocol: accept-proxy-protocol is for TCP; datagrams are taken as they come")]
    [InlineData(
        "TCP", null, null, "10.0.0.5/32",
        "PROXY protocol: connections of 10.0.0.5/32 begin with a header, or are reset; the client that it tells is the one that counts")]
    public void Explain_SaysWhatTheSettingsDo(string protocol, string? version, string? options, string? balancers, string expected) =>
        string.Join(
            '\n', ProxyProtocolWords.Of(
                Web with { Protocol = protocol, ProxyProtocol = version, ProxyV2Options = options, AcceptProxyProtocol = balancers })).ShouldBe(expected);

    private static string[] Lines(Action<TextWriter> write)
    {
        var output = new StringWriter { NewLine = "\n" };
        write(output);
        return output.ToString().Split('\n');
    }
}
