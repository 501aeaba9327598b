using System.Net;
using System.Text.Json;
using UserProxy.App.Inspect;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;

namespace UserProxy.App.Tests.Inspect;

/// <summary>TCP and UDP on one number are two ports, and who asks for one may have meant the other.</summary>
public sealed class OtherPortTests
{
    private static readonly PortFacts Refused = Facts.Of().Probed(Facts.Failed(ProbeOutcome.Refused));

    private readonly Cli _cli = new();
    private readonly List<PortQuestion> _asked = [];

    [Fact]
    public async Task NobodyInTcp_AUdpSocketIsBound_NamesItsOwnerAndTheCommand()
    {
        (await RunAsync(Refused, Facts.Of(Facts.Datagrams(0)).Udp())).ShouldBe(2);

        string text = _cli.Out.ToString();
        text.ShouldStartWith("Port 30080/TCP: none (refused, nobody is there; somebody has the UDP port of the same number)\n");
        text.ShouldContain("\nAlso\n  The UDP port 30080 is another port: holder (pid 4711) has 0.0.0.0:30080 bound.\n");
        text.ShouldContain("\nNext\n  Ask for the UDP port, if that was meant: userproxy inspect 30080 --udp\n");
        _asked.Select(question => (question.Protocol, question.Probe)).ShouldBe([(TransportProtocol.Tcp, true), (TransportProtocol.Udp, false)]);
    }

    [Fact]
    public async Task NobodyInTcp_TheProxyServesUdp_NamesTheService()
    {
        var served = new ServedPort(4711, [("demo/dns", new ListenerItem("NodePort", "0.0.0.0", Facts.Port, "Listening", null, null, null))]);

        await RunAsync(Refused, Facts.Of(Facts.Datagrams(0)).Udp(), udp: served);

        _cli.Out.ToString().ShouldContain("\n  The UDP port 30080 is another port: the running userproxy has it for demo/dns.\n");
    }

    [Fact]
    public async Task NobodyInUdp_SomebodyListens_NamesTheCommandForTcp()
    {
        await RunAsync(Facts.Of(Facts.Listener()), Facts.Of().Udp(), protocol: TransportProtocol.Udp);

        string text = _cli.Out.ToString();
        text.ShouldStartWith("Port 30080/UDP: none (no socket is bound: ICMP port unreachable; somebody has the TCP port of the same number)\n");
        text.ShouldContain("\n  The TCP port 30080 is another port: holder (pid 4711) has 0.0.0.0:30080 open.\n");
        text.ShouldContain("\n  Ask for the TCP port, if that was meant: userproxy inspect 30080\n");
    }

    [Fact]
    public async Task AtOneAddress_TheCommandIsForThatAddress()
    {
        await RunAsync(Refused, Facts.Of(Facts.Datagrams(0)).Udp(), address: IPAddress.Loopback);

        _cli.Out.ToString().ShouldContain("userproxy inspect 30080 --udp --address 127.0.0.1\n");
    }

    [Fact]
    public async Task Json_HasWhoHasIt()
    {
        await RunAsync(Refused, Facts.Of(Facts.Datagrams(0)).Udp(), json: true);

        using var json = JsonDocument.Parse(_cli.Out.ToString());
        var other = json.RootElement.GetProperty("otherProtocol");
        other.EnumerateObject().Select(field => field.Name).ShouldBe(["protocol", "services", "listeners", "command"]);
        other.GetProperty("protocol").GetString().ShouldBe("UDP");
        other.GetProperty("command").GetString().ShouldBe("userproxy inspect 30080 --udp");
        other.GetProperty("listeners")[0].GetProperty("owners")[0].GetProperty("name").GetString().ShouldBe("holder");
    }

    /// <summary>A client's own end is no service, and what somebody listens on is not looked at twice.</summary>
    [Fact]
    public async Task NothingBeside_OrSomebodyThere_SaysNothing()
    {
        var client = Facts.Datagrams(0) with { Remote = IPEndPoint.Parse("10.0.0.53:53") };
        await RunAsync(Refused, Facts.Of(client).Udp());
        await RunAsync(Facts.Of(Facts.Listener()).Probed(Facts.Connected(Facts.Connection(0, inode: 2))), Facts.Of(Facts.Datagrams(0)).Udp());

        _cli.Out.ToString().ShouldNotContain("UDP");
        _asked.Count.ShouldBe(3);
    }

    /// <summary>Its Service was asked for; what it says is the answer.</summary>
    [Fact]
    public async Task ServiceOfTheProxyHasThePort_SaysNothing()
    {
        var refusing = new ServedPort(4711, [("demo/web", new ListenerItem("NodePort", "0.0.0.0", Facts.Port, "Refusing", "no endpoint", null, null))]);

        await RunAsync(Refused, Facts.Of(Facts.Datagrams(0)).Udp(), tcp: refusing);

        _cli.Out.ToString().ShouldNotContain("UDP");
    }

    private async Task<int> RunAsync(
        PortFacts ofTcp, PortFacts ofUdp, ServedPort? tcp = null, ServedPort? udp = null, TransportProtocol protocol = TransportProtocol.Tcp,
        IPAddress? address = null, bool json = false)
    {
        var options = new InspectOptions(Facts.Port, protocol, address, Probe: true, Watch: false, AdminSocket: null, json);
        var run = new InspectRun(options, _cli.Surroundings, UserNames.Read("/nonexistent"), Look, Ask);
        var question = new PortQuestion { Port = Facts.Port, Protocol = protocol, Address = address };
        return await run.RunAsync(question, looks: 1, TestContext.Current.CancellationToken);

        Task<PortFacts> Look(PortQuestion asked, CancellationToken stop)
        {
            _asked.Add(asked);
            return Task.FromResult((asked.Protocol == TransportProtocol.Tcp ? ofTcp : ofUdp) with { Question = asked });
        }

        Task<(ServedPort? Served, string? Unseen)> Ask(PortQuestion asked, CancellationToken stop) =>
            Task.FromResult<(ServedPort?, string?)>((asked.Protocol == TransportProtocol.Tcp ? tcp : udp, null));
    }
}
