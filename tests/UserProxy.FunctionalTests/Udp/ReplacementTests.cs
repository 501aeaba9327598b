using System.Diagnostics;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Udp;

/// <summary>What a client loses that does not pause while its Pod is replaced by another.</summary>
[Collection(nameof(UdpClusterAlone))]
public sealed class ReplacementTests(UdpCluster fixture) : UdpTests(fixture)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5), Lost = TimeSpan.FromSeconds(3);

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task EndpointReplaced_UnderAFixedPortSender_LosesAtMostWhatIsInFlight(ServiceWay way, bool six)
    {
        var names = NextCase();
        Apply(names, Service(names) + Slices(names, Cluster.PodA1));
        using var client = Connect(names, way, six);
        await client.ShouldGetAsync("pod-a1");
        int first = client.Asked + 1;
        var answers = new List<(string Name, int Number)>();
        using var stop = new CancellationTokenSource();
        var receiving = Task.Run(async () =>
        {
            try
            {
                while (true)
                {
                    var (name, number) = await client.ReceiveAsync(stop.Token);
                    lock (answers) answers.Add((name, int.Parse(number, System.Globalization.CultureInfo.InvariantCulture)));
                }
            }
            catch (OperationCanceledException)
            {
                // The case is over.
            }
        });
        bool Has(string name, int count)
        {
            lock (answers) return answers.Count(answer => answer.Name == name) >= count;
        }

        bool IsAnswered(int number)
        {
            lock (answers) return answers.Any(answer => answer.Number == number);
        }

        using var pace = new PeriodicTimer(Interval);
        async Task SendUntilAsync(Func<bool> condition, string what) => await Eventually.IsTrue(
            async () =>
            {
                int number = int.Parse(await client.SendQuestionAsync(), System.Globalization.CultureInfo.InvariantCulture);
                await pace.WaitForNextTickAsync();
                // While the proxy stands still no more are sent: all of them would be in flight when the Pod is replaced.
                var asked = Stopwatch.StartNew();
                await Eventually.IsTrue(() => IsAnswered(number) || asked.Elapsed > Lost, "the question is answered or lost");
                return condition();
            },
            what);
        await SendUntilAsync(() => Has("pod-a1", 20), "the old Pod answers");
        Apply(names, Service(names) + Slices(names, Cluster.PodB1));
        await SendUntilAsync(() => Has("pod-b1", 20), "the new Pod answers");
        int last = client.Asked;
        await Eventually.IsTrue(() => IsAnswered(last), "the last is answered");
        await stop.CancelAsync();
        await receiving;

        int lost = last - first + 1 - answers.Select(answer => answer.Number).Distinct().Count();
        TestContext.Current.TestOutputHelper?.WriteLine($"{way} {(six ? 6 : 4)}: {lost} of {last - first + 1} lost");
        lost.ShouldBeLessThanOrEqualTo(2);
        answers.Count.ShouldBe(answers.Distinct().Count(), "no answer comes twice");
        int newFrom = answers.Where(answer => answer.Name == "pod-b1").Min(answer => answer.Number);
        answers.Where(answer => answer.Number > newFrom).ShouldAllBe(answer => answer.Name == "pod-b1");
    }
}
