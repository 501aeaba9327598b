using System.Text.Json;
using UserProxy.App.CommandLine;
using UserProxy.App.Inspect;
using UserProxy.Linux.PortInspection;

namespace UserProxy.App.Tests.Inspect;

/// <summary>Both ways of printing, on one set of facts.</summary>
public sealed class InspectTextTests
{
    private static readonly PortFacts Placeholder =
        (Facts.Of([Facts.Listener(2)], [Facts.Listener(3), Facts.Connection(1, state: SocketState.CloseWait, unread: 252)]) with
        {
            Unseen = ["netfilter rules: listing them needs root"],
        }).WithRule().Probed(Facts.Connected(Facts.Connection(0)) with { ConnectTime = TimeSpan.FromMilliseconds(0.2), EndedByReset = true });

    private static readonly UserNames Users = UserNames.Read("/nonexistent");

    [Fact]
    public void Text_BeginsWithTheVerdict_AndHasAllSections() =>
        new InspectText(Users, Screen.None).Write(Placeholder, Classifier.Judge(Placeholder)).ShouldBe("""
            Port 30080/TCP: placeholder (listening, and nobody accepts)

            Why
              A test connection to 127.0.0.1:30080 was established by the kernel, and in 1.0 s no process accepted it: it lies in the listener's queue, in ESTABLISHED, without an owner.
              holder (pid 4711) listens on 0.0.0.0:30080; its accept queue (Recv-Q/Send-Q) was 2/128 before and 3/128 after.
              1 connection that the kernel established has no owner: 1 in CLOSE_WAIT, with 252 unread bytes (a FIN counts as one).

            Seen
              listener    0.0.0.0:30080  queue 3/128  made by 0
                            holder (pid 4711)  user 0  23 of 1024 descriptors open
              connections CLOSE_WAIT 1 without owner
              test        127.0.0.1:30080  connected in 0.2 ms, not accepted in 1.0 s, ended by RST
              counters    ListenOverflows 7 (+0), ListenDrops 9 (+0), of this network namespace
              rule        nft: ip nat chain out: tcp dport 30080 dnat to 10.244.1.5:8080
              source      sock_diag, in 123 ms

            Not seen
              netfilter rules: listing them needs root

            Next
              Stop the process that holds the port, or have it release the port: nothing else removes the waiting connections. Then let something that accepts listen there.

            """);

    /// <summary>A rule of each family, in one row.</summary>
    [Fact]
    public void Text_RulesOfTwoToolsInTheSameWords_AreOneRow()
    {
        const string Rule = "-A INPUT -p tcp -m tcp --dport 30080 -j DROP";
        var facts = Placeholder with { Rules = [new("iptables-save", "filter", Rule), new("ip6tables-save", "filter", Rule)] };

        new InspectText(Users, Screen.None).Write(facts, Classifier.Judge(facts)).ShouldContain(
            $"  rule        iptables-save, ip6tables-save: filter: {Rule}\n");
    }

    [Fact]
    public void Text_InColour_ColoursTheVerdictAlone()
    {
        string text = new InspectText(Users, new Screen(null, HasColour: true)).Write(Placeholder, Classifier.Judge(Placeholder));

        text.ShouldStartWith("Port 30080/TCP: \e[1;31mplaceholder\e[0m (");
        text.Count(letter => letter == '\e').ShouldBe(2);
    }

    [Fact]
    public void HeldWithoutAListener_NamesAllHolders()
    {
        var facts = Facts.Of(Facts.Listener(inode: 5) with { State = SocketState.Bound }, Facts.Connection(1, inode: 2)) with
        {
            Kept = [Facts.Connection(2, state: SocketState.TimeWait)],
        };

        string text = new InspectText(Users, Screen.None).Write(facts, Classifier.Judge(facts));
        text.ShouldContain("""
              socket      0.0.0.0:30080  0 bytes unread  made by 0
                            worker (pid 4712)  user 0  23 of 1024 descriptors open
              socket      127.0.0.1:30080 to 127.0.0.1:40001  0 bytes unread  made by 0
                            holder (pid 4711)  user 0  23 of 1024 descriptors open
            """);
        text.ShouldContain("\n  kernel's    TIME_WAIT 1\n");

        using var json = JsonDocument.Parse(new InspectJson(Users, "node", indented: false).Write(facts, Classifier.Judge(facts)));
        json.RootElement.GetProperty("otherHolders").EnumerateArray().Select(holder =>
            $"{holder.GetProperty("state")} {holder.GetProperty("address")} {holder.GetProperty("peer")} "
                + string.Join(' ', holder.GetProperty("owners").EnumerateArray().Select(owner => owner.GetProperty("name")))).ShouldBe([
                    "BOUND 0.0.0.0  worker",
                    "ESTABLISHED 127.0.0.1 127.0.0.1:40001 holder",
                    "TIME_WAIT 127.0.0.1 127.0.0.1:40002 "]);
    }

    [Fact]
    public void Text_Udp_SaysWhatIsNotKnown()
    {
        var facts = Facts.Of(Facts.Datagrams(0, drops: 7)).Udp();

        string text = new InspectText(Users, Screen.None).Write(facts, Classifier.Judge(facts));

        text.ShouldStartWith("Port 30080/UDP: idle (nothing waits to be read, so nothing shows whether anybody reads)");
        text.ShouldContain(
            "holder (pid 4711) has 0.0.0.0:30080 bound with 0 bytes of datagrams unread (a datagram counts with its overhead); 7 datagrams dropped since it "
                + "was made.");
        text.ShouldContain("inspect sends no datagram");
    }

    [Fact]
    public void Json_HasEveryFieldOfTheSurface()
    {
        using var json = JsonDocument.Parse(new InspectJson(Users, "node-1", indented: true).Write(Placeholder, Classifier.Judge(Placeholder)));
        var root = json.RootElement;

        root.EnumerateObject().Select(field => field.Name).ShouldBe([
            "apiVersion", "node", "port", "protocol", "address", "verdict", "certain", "summary", "reasons", "remarks", "nextSteps", "listeners", "connections",
            "otherHolders", "otherProtocol", "probes", "counters", "rules", "unseen", "source", "elapsedMilliseconds"]);
        root.GetProperty("apiVersion").GetString().ShouldBe("userproxy.io/v1");
        root.GetProperty("verdict").GetString().ShouldBe("placeholder");
        var listener = root.GetProperty("listeners")[0];
        listener.EnumerateObject().Select(
            field => field.Name).ShouldBe(["address", "port", "uid", "user", "inode", "acceptQueueBefore", "acceptQueue", "backlog", "owners"]);
        (listener.GetProperty("acceptQueueBefore").GetInt32(), listener.GetProperty("acceptQueue").GetInt32(), listener.GetProperty("backlog").GetInt32())
            .ShouldBe((2, 3, 128));
        listener.GetProperty(
            "owners")[0].EnumerateObject().Select(field => field.Name).ShouldBe(["pid", "name", "uid", "user", "descriptors", "descriptorLimit", "stopped"]);
        var connection = root.GetProperty("connections")[0];
        connection.EnumerateObject().Select(field => field.Name).ShouldBe(["state", "owned", "count", "unreadBytes", "owners"]);
        (connection.GetProperty("state").GetString(), connection.GetProperty("owned").GetBoolean(), connection.GetProperty("unreadBytes").GetInt32()).ShouldBe(
            ("CLOSE_WAIT", false, 252));
        var probe = root.GetProperty("probes")[0];
        probe.EnumerateObject().Select(field => field.Name).ShouldBe([
            "address", "outcome", "error", "connectMilliseconds", "accepted", "acceptedAfterMilliseconds", "waitedMilliseconds", "state", "owners", "natTo",
            "bytesReceived", "peerEnd",
            "closedAfterFin"]);
        (probe.GetProperty("outcome").GetString(), probe.GetProperty("accepted").GetBoolean(), probe.GetProperty("state").GetString()).ShouldBe(
            ("connected", false, "ESTABLISHED"));
        root.GetProperty("rules")[0].GetProperty("text").GetString().ShouldBe("tcp dport 30080 dnat to 10.244.1.5:8080");
    }

    [Fact]
    public void Json_Udp_HasQueuesAndDrops()
    {
        var facts = Facts.Of(Facts.Datagrams(832, drops: 7)).Udp();
        using var json = JsonDocument.Parse(new InspectJson(Users, "node-1", indented: false).Write(facts, Classifier.Judge(facts)));

        json.RootElement.GetProperty("listeners")[0].EnumerateObject().Select(field => field.Name)
            .ShouldBe(["address", "port", "uid", "user", "inode", "receiveQueueBefore", "receiveQueue", "receiveBuffer", "drops", "owners"]);
    }

    [Fact]
    public void UserNames_AreThoseOfTheFile()
    {
        using var folder = new TempFolder();
        var users = UserNames.Read(folder.Write("passwd", "root:x:0:0::/root:/bin/sh\nbroken\nweb:x:33:33::/:/bin/false\n"));

        (users.Of(0), users.Of(33), users.Of(34)).ShouldBe(("root", "web", "34"));
    }
}
