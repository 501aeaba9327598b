using System.Text.Json.Nodes;
using UserProxy.Scenarios.Paths;

namespace UserProxy.Scenarios.Tests.Paths;

/// <summary>The objects of a large cluster and its changes, as numbers and as JSON.</summary>
public sealed class BigClusterTests
{
    [Theory]
    [InlineData(10_000, 150_000, 1_000)]
    [InlineData(100, 1_500, 10)]
    [InlineData(30, 1_007, 3)]
    public void Objects_AreAsManyAsWereAskedFor(int services, int endpoints, int full)
    {
        var cluster = new BigCluster(services, endpoints);
        JsonNode[] objects = [.. cluster.Objects().Select(line => JsonNode.Parse(line)!)];

        cluster.FullSlices.ShouldBe(full);
        objects.Count(item => (string?)item["kind"] == "Service").ShouldBe(services);
        int[] sizes = [.. objects.Where(item => (string?)item["kind"] == "EndpointSlice").Select(slice => slice["endpoints"]!.AsArray().Count)];
        sizes.Length.ShouldBe(services);
        sizes.Sum().ShouldBe(endpoints);
        sizes.Count(size => size == 100).ShouldBe(full);
        objects.Select(item => (string?)item["spec"]?["clusterIP"]).OfType<string>().ShouldBeUnique();
    }

    [Fact]
    public void Event_ChangesAReadyEndpoint_WithEachGeneration()
    {
        static int NotReady(int generation)
        {
            var change = JsonNode.Parse(BigCluster.Event(service: 2, generation, revision: 77))!;
            ((string?)change["type"], (string?)change["object"]!["metadata"]!["name"], (string?)change["object"]!["metadata"]!["resourceVersion"])
                .ShouldBe(("MODIFIED", "service-2-1", "77"));
            return change["object"]!["endpoints"]!.AsArray().ToList().FindIndex(endpoint => !(bool)endpoint!["conditions"]!["ready"]!);
        }

        NotReady(0).ShouldBe(-1);
        NotReady(1).ShouldBe(1);
        NotReady(2).ShouldBe(2);
    }

    [Fact]
    public void SliceEvents_AreReadAsTheyAreWritten()
    {
        var events = new SliceEvents(Rate: 1_000, Seconds: 30, Slices: 500);

        SliceEvents.TryParse(events.ToString()).ShouldBe(events);
        SliceEvents.TryParse("""{"kind": "Service"}""").ShouldBeNull();
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("sent 99", null)]
    [InlineData("a warning\nsent 998.7\n", 998.7)]
    public void Sent_IsReadFromWholeLines(string output, double? expected)
    {
        SliceEvents.TryReadSent(output, out double perSecond).ShouldBe(expected is not null);
        perSecond.ShouldBe(expected ?? 0);
        SliceEvents.TryReadSent(SliceEvents.Sent(12.34) + "\n", out _).ShouldBeTrue();
    }
}
