using System.Text.Json;
using UserProxy.App.Sysdump;

namespace UserProxy.App.Tests.Sysdump;

public sealed class RedactorTests
{
    private const string Document = """
        {"apiVersion":"userproxy.io/v1","node":"node-1","source":"https://api.example.com:6443/",
         "services":[{"namespace":"shop","name":"web","port":"http","portNumber":80,"listeners":[{"address":"10.96.0.10","port":80}]}],
         "issues":[{"subject":"EndpointSlice shop/web-x7k2p","message":"web-x7k2p of shop: 10.0.0.7:80 and [2001:db8::7]:80 are bad"}]}
        """;

    private readonly Redactor _redactor = new();

    public RedactorTests()
    {
        using var document = JsonDocument.Parse(Document);
        _redactor.Learn(document.RootElement);
    }

    [Fact]
    public void Json_NamesAndAddresses_AreHashes_AndTheRestStays()
    {
        string text = _redactor.Json(Document);

        foreach (string name in (string[])["\"node-1\"", "shop", "web", "http\"", "example.com", "10.96", "10.0.0.7", "2001:db8"])
            text.ShouldNotContain(name);
        using var json = JsonDocument.Parse(text);
        json.RootElement.GetProperty("apiVersion").GetString().ShouldBe("userproxy.io/v1");
        json.RootElement.GetProperty("services")[0].GetProperty("portNumber").GetInt32().ShouldBe(80);
        string space = json.RootElement.GetProperty("services")[0].GetProperty("namespace").GetString()!;
        json.RootElement.GetProperty("issues")[0].GetProperty("subject").GetString()!.ShouldContain(space);
        json.RootElement.GetProperty("issues")[0].GetProperty("message").GetString()!.ShouldMatch(
            "^name-[0-9a-f]{10} of ns-[0-9a-f]{10}: ip4-[0-9a-f]{10}:80 and \\[ip6-[0-9a-f]{10}\\]:80 are bad$");
    }

    [Theory]
    [InlineData("nothing listens on 0.0.0.0:80, [::]:80 or 127.0.0.1", "nothing listens on 0.0.0.0:80, [::]:80 or 127.0.0.1")]
    [InlineData("at 2026-11-29 12:00:00Z", "at 2026-11-29 12:00:00Z")]
    [InlineData("webs and a workshop", "webs and a workshop")]
    [InlineData("net.ipv4.tcp_tw_reuse = 2", "net.ipv4.tcp_tw_reuse = 2")]
    [InlineData("/proc/net/netstat cannot be read", "/proc/net/netstat cannot be read")]
    public void Text_OfWhatIsNobodys_Stays(string text, string expected) => _redactor.Text(text).ShouldBe(expected);

    [Theory]
    [InlineData("fd00::5: refused", "^ip6-[0-9a-f]{10}: refused$")]
    [InlineData("web.shop.svc.cluster.local", "^svc-[0-9a-f]{10}\\.ns-[0-9a-f]{10}\\.svc\\.cluster\\.local$")]
    [InlineData("see /etc/userproxy/services/shop.yaml:12", "^see path-[0-9a-f]{10}:12$")]
    [InlineData("no Service shop/orphan is declared", "^no Service ns-[0-9a-f]{10}/svc-[0-9a-f]{10} is declared$")]
    [InlineData("exec plugin /opt/plugin/bin cannot be started", "^exec plugin path-[0-9a-f]{10} cannot be started$")]
    [InlineData("the scheduler is 'ours', it isn't one", "^the scheduler is 'text-[0-9a-f]{10}', it isn't one$")]
    [InlineData("WEB", "^svc-[0-9a-f]{10}$")]
    [InlineData("dial tcp: lookup api.example.com: no such host", "^dial tcp: lookup host-[0-9a-f]{10}: no such host$")]
    [InlineData("https://other.example.org:6443/ does not answer", "^https://host-[0-9a-f]{10}:6443/ does not answer$")]
    public void Text_Names_AreFoundAgain(string text, string pattern) => _redactor.Text(text).ShouldMatch(pattern);

    [Fact]
    public void Metrics_LabelsAreHashes() => _redactor.Metrics("userproxy_listeners{namespace=\"shop\",service=\"12\",le=\"0.005\"} 1\n").ShouldMatch(
        "^userproxy_listeners\\{namespace=\"ns-[0-9a-f]{10}\",service=\"svc-[0-9a-f]{10}\",le=\"0.005\"\\} 1\n$");

    [Fact]
    public void AnotherArchive_HasOtherHashes()
    {
        var other = new Redactor();
        using var document = JsonDocument.Parse(Document);
        other.Learn(document.RootElement);

        other.Text("web").ShouldNotBe(_redactor.Text("web"));
        _redactor.Text("web").ShouldBe(_redactor.Text("web"));
    }

    [Theory]
    [InlineData("https://me:pass@api.example.com/", "https://REMOVED@api.example.com/")]
    [InlineData("Authorization: Bearer abcdefgh12345", "Authorization: Bearer REMOVED")]
    [InlineData("the token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln is old", "the token REMOVED is old")]
    [InlineData("a\n-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----\nb", "a\nREMOVED\nb")]
    [InlineData("{\"password\": \"hunter2\"}", "{\"password\": \"REMOVED\"}")]
    [InlineData("--token=abc", "--token=REMOVED")]
    [InlineData("the credential of /var/run/token was refused (401)", "the credential of /var/run/token was refused (401)")]
    public void Secrets_AreTakenOut(string text, string expected) => Secrets.Removed(text).ShouldBe(expected);
}
