using System.Globalization;
using System.Text.Json;
using System.Web;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.App.Tests.CommandLine;

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
