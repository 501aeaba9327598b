using System.Diagnostics;
using System.Net;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Cluster;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Udp;

/// <summary>When a session ends by itself: round robin shows it, for the next one gets another Pod.</summary>
[Collection(nameof(UdpCluster))]
public sealed class ExpiryTests(UdpCluster fixture) : UdpTests(fixture)
{
    private const int SilentPort = 8086;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    private static string IdleAnnotation => $"userproxy.io/udp-idle-timeout: {Timeout.TotalSeconds}s";

    [Theory]
    [InlineData(ServiceWay.NodePort)]
    [InlineData(ServiceWay.WildcardNodePort)]
    [InlineData(ServiceWay.ClusterIP)]
    public async Task Answered_StaysWhileItIsBusy_EndsWhenItIsIdle(ServiceWay way)
    {
        var names = NextCase();
        Apply(names, Service(names, annotations: IdleAnnotation) + Slices(names, Cluster.PodA1, Cluster.PodB1));
        using var client = Connect(names, way);
        string answer = await client.ShouldGetAsync("pod-a1", "pod-b1");

        // Twice as long as the timeout, with a question now and then.
        using var pace = new PeriodicTimer(Timeout / 4);
        var watch = Stopwatch.StartNew();
        var asked = TimeSpan.Zero;
        for (int i = 0; i < 8; i++)
        {
            await pace.WaitForNextTickAsync();
            var before = asked;
            asked = watch.Elapsed;
            string again = await client.AskAsync();
            // On a machine that is busy enough it was idle.
            if (i > 0 && watch.Elapsed - before < Timeout) again.ShouldBe(answer);
            answer = again;
        }

        await ShouldEndAsync(names, way);
        (await client.AskAsync()).ShouldNotBe(answer);
    }

    [Fact]
    public async Task Unanswered_EndsToo()
    {
        var names = NextCase();
        await using var one = DatagramBackend.Silent(Cluster.PodA1.Host.Datagrams(IPAddress.Any, SilentPort));
        await using var other = DatagramBackend.Silent(Cluster.PodB1.Host.Datagrams(IPAddress.Any, SilentPort));
        Apply(names, Service(names, annotations: IdleAnnotation) + Slices(names, SilentPort, Cluster.PodA1, Cluster.PodB1));
        using var client = Connect(names, ServiceWay.NodePort);
        await Eventually.IsTrue(
            async () =>
            {
                await client.AskAsync(TimeSpan.FromMilliseconds(50));
                return one.Received + other.Received > 0;
            },
            "it is served");
        await SendAndArriveAsync();
        var (first, second) = (one.Received, other.Received);
        await SendAndArriveAsync();
        (first == one.Received || second == other.Received).ShouldBeTrue("in the meantime the session holds");
        bool wasOne = second == other.Received;

        await ShouldEndAsync(names, ServiceWay.NodePort);
        (first, second) = (one.Received, other.Received);
        await SendAndArriveAsync();
        (wasOne ? other.Received > second : one.Received > first).ShouldBeTrue("the next session has the other Pod");

        async Task SendAndArriveAsync()
        {
            int before = one.Received + other.Received;
            await client.SendQuestionAsync();
            await Eventually.IsTrue(() => one.Received + other.Received > before, "it arrives");
        }
    }

    [Theory]
    [InlineData(ServiceWay.NodePort)]
    [InlineData(ServiceWay.WildcardNodePort)]
    [InlineData(ServiceWay.ClusterIP)]
    public async Task OneResponse_EachQuestionGetsTheNextPod(ServiceWay way)
    {
        var names = NextCase();
        Apply(names, Service(names, annotations: "userproxy.io/udp-responses: \"1\"") + Slices(names, Cluster.PodA1, Cluster.PodA2, Cluster.PodB1));
        using var client = Connect(names, way);
        await client.ShouldGetAsync("pod-a1", "pod-a2", "pod-b1");

        var answers = await client.AskManyAsync(12);

        foreach (string pod in new[] { "pod-a1", "pod-a2", "pod-b1" }) answers.Count(answer => answer == pod).ShouldBe(4);
        for (int i = 1; i < answers.Count; i++) answers[i].ShouldNotBe(answers[i - 1]);
        // Several at once from one port: all of them get theirs.
        for (int round = 0; round < 5; round++) (await client.AskAtOnceAsync(20)).ShouldNotContain(Host.Silence);
    }

    [Fact]
    public async Task TwoResponses_TheSecondEndsIt()
    {
        var names = NextCase();
        Apply(names, Service(names, annotations: "userproxy.io/udp-responses: \"2\"") + Slices(names, Cluster.PodA1, Cluster.PodB1));
        using var client = Connect(names, ServiceWay.NodePort);
        string first = await client.ShouldGetAsync("pod-a1", "pod-b1");

        // Named Pods answer once to each question: the second one never comes, and the session stays.
        (await client.AskManyAsync(6)).ShouldAllBe(answer => answer == first);
    }

    /// <summary>Its node is asked, for a sweep comes when it comes: the client's own question would keep the session alive.</summary>
    private async Task ShouldEndAsync(CaseNames names, ServiceWay way)
    {
        using var admin = new AdminSocket(Cluster.AdminSocketOf(way == ServiceWay.WildcardNodePort ? Cluster.NodeB : Cluster.NodeA));
        await Eventually.IsTrue(() => admin.IsIdleAsync($"default/{names.Service}"), "the session ends");
    }
}
