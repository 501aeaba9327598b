using System.Globalization;
using System.Text.Json;
using System.Web;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.App.Tests.CommandLine;
using UserProxy.App.Top;

namespace UserProxy.App.Tests.Top;

/// <summary>The table of <c>top</c> without a terminal, of more Services than one answer has.</summary>
public sealed class TopRunTests
{
    private const int Services = 1200;

    /// <summary>Between two parts of the answer one of the first becomes the last, and another the first.</summary>
    [Theory]
    [InlineData(0, Services - 1)]
    [InlineData(Services - 1, 0)]
    [InlineData(10, 600)]
    public async Task OrderChangesMeanwhile_EachServiceIsThereOnce(int from, int to)
    {
        var order = Enumerable.Range(0, Services).ToList();
        using var admin = new FakeAdminSocket(question =>
        {
            var query = HttpUtility.ParseQueryString(new Uri(new Uri("http://userproxy"), question).Query);
            int offset = int.Parse(query["offset"]!, CultureInfo.InvariantCulture), limit = int.Parse(query["limit"]!, CultureInfo.InvariantCulture);
            string answer = FakeAdminSocket.Whole(Answer(order.Skip(offset).Take(limit), offset));
            int moved = order[from];
            order.RemoveAt(from);
            order.Insert(to, moved);
            return answer;
        });
        var cli = new Cli();

        (await cli.RunAsync("top", "--admin-socket", admin.Path)).ShouldBe(ExitCode.Done, cli.Error.ToString());

        string[] names = [.. cli.Out.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line.Split(' ')[0])];
        names.ShouldBeUnique();
        names.Length.ShouldBe(Services);
    }

    /// <summary>As <c>list</c> has it: what nobody could read is no empty answer.</summary>
    [Theory]
    [InlineData(0, false, ExitCode.Unreachable, "nothing is served yet: ")]
    [InlineData(1, true, ExitCode.Failed, "nothing is served: ")]
    [InlineData(1, false, ExitCode.Done, "no Services")]
    public async Task NoServices_SaysWhetherTheSourceIsKnown(long revision, bool isUnreadable, int code, string said)
    {
        var trouble = isUnreadable ? new SourceTroubleItem("unreadable", "line 3 is no YAML", null, null) : null;
        var answer = Samples.Glance with { Matching = 0, Services = [], Status = Samples.Glance.Status with { Revision = revision, SourceTrouble = trouble } };
        using var admin = new FakeAdminSocket(_ => FakeAdminSocket.Whole(JsonSerializer.Serialize(answer, AdminJson.Default.GlanceAnswer)));
        var cli = new Cli();

        (await cli.RunAsync("top", "--admin-socket", admin.Path)).ShouldBe(code);

        string error = cli.Error.ToString();
        error.ShouldContain(said);
        error.Contains("line 3 is no YAML", StringComparison.Ordinal).ShouldBe(isUnreadable);
        cli.Out.ToString().ShouldBeEmpty();
    }

    [Fact]
    public async Task NoServicesInTheNamespace_SaysWhichIsMeant()
    {
        string none = JsonSerializer.Serialize(Samples.Glance with { Matching = 0, Services = [] }, AdminJson.Default.GlanceAnswer);
        string services = JsonSerializer.Serialize(Samples.Services, AdminJson.Default.ServiceList);
        using var admin = new FakeAdminSocket(
            question => FakeAdminSocket.Whole(question.StartsWith("/v1/services", StringComparison.Ordinal) ? services : none));
        var cli = new Cli();

        (await cli.RunAsync("top", "-n", "shp", "--admin-socket", admin.Path)).ShouldBe(ExitCode.Done);

        cli.Error.ToString().ShouldContain("no Service in namespace shp; did you mean shop?");
    }

    /// <summary>Nothing on the screen is said to be well, and the reason is there.</summary>
    [Fact]
    public void ProxyHasGone_TheScreenSaysSo()
    {
        string trouble = "no userproxy answers at /run/user/1000/userproxy/admin.sock: nobody listens there; is it running?";

        var lines = new TopFrame(new Screen(80, HasColour: false), 24, null).Draw(new TopState(), Samples.Glance, trouble);

        lines[0].ShouldContain(": no answer; ");
        string.Join(' ', lines.Skip(1).Take(2).Select(line => line.Trim())).ShouldBe($"no answer: {trouble}");
        lines.ShouldNotContain(line => line.Contains("Answering", StringComparison.Ordinal) || line.Contains("ready", StringComparison.Ordinal));
    }

    private static string Answer(IEnumerable<int> numbers, int offset)
    {
        var answer = Samples.Glance;
        var item = answer.Services[0];
        return JsonSerializer.Serialize(
            answer with
            {
                Offset = offset,
                Matching = Services,
                Services = [.. numbers.Select(number => item with { Id = $"shop/web-{number}:http/TCP/IPv4", Name = $"web-{number}" })],
            },
            AdminJson.Default.GlanceAnswer);
    }
}
