using System.Net;
using System.Net.Sockets;
using UserProxy.App.Run;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Reading;

namespace UserProxy.App.Tests.Run;

public sealed class RunHintsTests
{
    private static readonly ServicePort Web = new()
    {
        Name = new("demo", "web", "", TransportProtocol.Tcp),
        Family = AddressFamily.InterNetwork,
        Number = 80,
        Listeners = [new ListenAddress(ListenerKind.NodePort, IPAddress.Any, 30080)],
    };

    [Fact]
    public void Hints_WorkAsTheyAreTyped()
    {
        var web = new ServiceReading(Web, [new ListenerReading(Web.Listeners[0], ListenerState.Listening)]);

        RunHints.For([web], "/run/a.sock", "/run/a.sock", "userproxy", _ => true).ShouldBe(
            ["", "Next, in another terminal:", "  curl 127.0.0.1:30080", "  userproxy list", "  userproxy explain demo/web", "Ctrl-C ends it.", ""]);
        RunHints.For([web], "/tmp/b.sock", "/run/a.sock", "bin/userproxy", _ => false).ShouldBe(
            ["", "Next, in another terminal:", "  bin/userproxy list --admin-socket /tmp/b.sock", "  bin/userproxy explain demo/web --admin-socket /tmp/b.sock",
                "Ctrl-C ends it.", ""]);
    }

    [Fact]
    public void Hints_NothingListens_NoCurl()
    {
        var web = new ServiceReading(Web, [new ListenerReading(Web.Listeners[0], ListenerState.Failed, "the port is taken")]);

        RunHints.For([web], "/a", "/a", "userproxy", _ => true).ShouldNotContain(line => line.Contains("curl", StringComparison.Ordinal));
    }

    [Fact]
    public void Hints_OfAPortOfDns_AskAQuestion()
    {
        var port = Web with { Name = new("demo", "dns", "dns", TransportProtocol.Udp), Number = 53 };
        var dns = new ServiceReading(port, [new ListenerReading(port.Listeners[0], ListenerState.Listening)]);

        RunHints.For([dns], "/a", "/a", "userproxy", _ => true).ShouldContain("  dig @127.0.0.1 -p 30080 example.com");
    }
}
