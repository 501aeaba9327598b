using System.Net;
using UserProxy.FakeApiServer;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests;

/// <summary>What the API server no longer gives, the executable goes on with what it knows.</summary>
[StartsProgram]
public sealed class ApiServerOutageTests : ApiServerCase
{
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task ApiServerGoesAndReturnsWithOtherContent_NoConnectionFails(TransportKind transport)
    {
        await using var one = Backend.Named("one");
        await using var two = Backend.Named("two");
        var api = await ServeAsync(Service(), Slice("web-1", one));
        Start(transport);
        await AnswersAsync("one");
        using var stop = new CancellationTokenSource();
        var load = LoadAsync(stop.Token);

        await api.StopAsync();
        int asked = 0;
        await Eventually.IsTrue(async () => await AskAsync() == "one" && ++asked > 50, "the last state is served without the API server");
        // Another cluster at the same address, whose versions have nothing to do with the old ones.
        api.Reset(50);
        api.Apply(Service());
        api.Apply(Slice("web-2", two));
        await api.ResumeAsync();
        await AnswersAsync("two");

        await stop.CancelAsync();
        var answers = await load;
        answers.Count.ShouldBeGreaterThan(100);
        answers.Distinct().ShouldBeSubsetOf(["one", "two"]);
        (await HealthAsync("/readyz")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task ClientCertificateIsRenewed_WhatChangesAfterwardsIsServed()
    {
        await using var one = Backend.Named("one");
        await using var two = Backend.Named("two");
        var api = await ServeAsync(Service(), Slice("web-1", one));
        WriteCertificate(api, "node-1");
        Start(TransportKind.Epoll, api.Kubeconfig("{client-certificate: client.crt, client-key: client.key}"), []);
        await AnswersAsync("one");

        WriteCertificate(api, "node-2");
        api.Accounts.Refused.Add("node-1");
        api.Accounts.Token = "of nobody";
        await api.StopAsync();
        api.Apply(Slice("web-1", two));
        await api.ResumeAsync();
        await AnswersAsync("two");
    }

    [Fact]
    public async Task RightIsLostLater_LastStateIsServed()
    {
        await using var one = Backend.Named("one");
        await using var two = Backend.Named("two");
        var api = await ServeAsync(Service(), Slice("web-1", one));
        Start(TransportKind.Epoll);
        await AnswersAsync("one");

        api.Faults.Forbidden.Add("endpointslices");
        int before = SliceRequests(api);
        await api.StopAsync();
        api.Compact(); // after the stop: a bookmark would tell the watches where the history begins now
        await api.ResumeAsync();
        await Eventually.IsTrue(() => Task.FromResult(SliceRequests(api) > before + 1), "the server has refused, and is asked again");
        (await AskAsync()).ShouldBe("one");
        Process.HasExited.ShouldBeFalse();

        api.Faults.Forbidden.Clear();
        api.Apply(Slice("web-1", two));
        await AnswersAsync("two");
    }

    private void WriteCertificate(ApiServer api, string user)
    {
        var (certificate, key) = api.Pki.ClientPem(user);
        File.WriteAllText(Path.Combine(Folder.FullName, "client.crt"), certificate);
        File.WriteAllText(Path.Combine(Folder.FullName, "client.key"), key);
    }

    private static int SliceRequests(ApiServer api) => api.Requests.Count(request => request.Path.EndsWith("/endpointslices", StringComparison.Ordinal));
}
