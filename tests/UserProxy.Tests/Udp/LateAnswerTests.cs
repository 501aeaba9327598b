using System.Net;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Tests.Scheduling;
using UserProxy.Udp;

namespace UserProxy.Tests.Udp;

/// <summary>However a session has ended, what its endpoint sends afterwards is for nobody: not for whoever is given a port next.</summary>
public sealed class LateAnswerTests
{
    private const int Clients = 20, Many = 1_000_000;

    /// <summary>Others that come in the meantime, each of a new client, and are answered at once. With the many ports run short.</summary>
    private const int FewASecond = 10, ManyASecond = 50, FewPorts = 1_500;

    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(60);

    private static readonly CidrBlock Lab = new(IPAddress.Parse("203.0.113.0"), 24);

    private int _next = 10_000;

    public static TheoryData<SessionEnd, bool> Ends { get; } = new(
        from end in Enum.GetValues<SessionEnd>()
        // To whom there is no port there is no answer, and the port of a session that is kept is its own.
        where end is not (SessionEnd.EvictedPort or SessionEnd.ClientAddress)
        from withChurn in new[] { false, true }
        select new TheoryDataRow<SessionEnd, bool>(end, withChurn));

    [Theory]
    [MemberData(nameof(Ends))]
    public void SessionHasEnded_UntilItsPortHasRested_NobodyElseIsGivenIt(SessionEnd end, bool withChurn)
    {
        var (rig, service) = Create(end);
        // What is owed no answer gives way when ports are short; and to whom there is no port, there is no answer.
        bool isSettled = end == SessionEnd.Responses;
        if (withChurn && !isSettled) rig.Sockets.Limit = FewPorts;
        var places = Enumerable.Range(0, Clients).Select(client => service.Send(client)).ToHashSet();
        End(rig, service, end, places);
        service.Counters.Ended(end).ShouldBe(Clients);

        // A stray shows that the endpoint has not done with it: the port rests from then.
        for (int strays = 0; strays < 2; strays++)
        {
            var rest = Rest - SessionRig.Tick;
            NobodyIsGivenOneOf(places, rig, service);
            if (withChurn) rest -= ChurnFor(rest, isSettled ? FewASecond : ManyASecond, rig, service, places);
            rig.SweepAfter(rest);
            NobodyIsGivenOneOf(places, rig, service);
            long unexpected = rig.Services.Unexpected;
            foreach (var place in places) rig.Answer(place).ShouldBeNull();
            rig.Services.Unexpected.ShouldBe(unexpected + places.Count);
        }

        rig.SweepAfter(Rest);
        places.ShouldContain(service.Send(_next++), "it has rested");
    }

    private static (SessionRig Rig, UdpService Service) Create(SessionEnd end)
    {
        var rig = new SessionRig(new SessionLimits(
            Total: end == SessionEnd.EvictedTotal ? Clients : Many,
            PerListener: end == SessionEnd.EvictedListener ? Clients : Many,
            PerClient: end == SessionEnd.EvictedClient ? 1 : Many));
        return (rig, rig.Serve(1, new ServiceSettings { UdpResponses = end == SessionEnd.Responses ? 1 : 0 }));
    }

    /// <summary>Ends all sessions that there are, and no other.</summary>
    private void End(SessionRig rig, UdpService service, SessionEnd end, IEnumerable<UpstreamTarget> places)
    {
        switch (end)
        {
            case SessionEnd.Idle:
                foreach (var place in places) rig.Answer(place).ShouldNotBeNull();
                rig.SweepAfter(TimeSpan.FromSeconds(60) + SessionRig.Grain);
                break;
            case SessionEnd.Unanswered:
                rig.SweepAfter(TimeSpan.FromSeconds(30) + SessionRig.Grain);
                break;
            case SessionEnd.Responses:
                foreach (var place in places) rig.Answer(place).ShouldNotBeNull();
                break;
            case SessionEnd.EndpointLeft:
                service.SwapAndRevalidate(Sets.Endpoint(1));
                service.SwapAndRevalidate(Sets.Endpoint(0));
                break;
            case SessionEnd.Refused:
                foreach (var place in places) rig.Refuse(place);
                rig.Table.Detach(service.Sessions, rig.Now);
                break;
            case SessionEnd.NotAdmitted:
                service.SetAdmission(new Admission([[Lab]]));
                service.Revalidate();
                service.SetAdmission(null);
                break;
            case SessionEnd.EvictedTotal or SessionEnd.EvictedListener:
                rig.Advance(1);
                for (int i = 0; i < Clients; i++) service.Send(_next++);
                break;
            case SessionEnd.EvictedClient:
                for (int client = 0; client < Clients; client++) service.Send(client, port: 9);
                break;
            default:
                rig.Table.Detach(service.Sessions, rig.Now);
                break;
        }
    }

    private void NobodyIsGivenOneOf(HashSet<UpstreamTarget> places, SessionRig rig, UdpService service)
    {
        for (int i = 0; i < 2 * Clients; i++)
        {
            if (service.TrySend(UdpService.Flow(_next++)) is { } place) places.ShouldNotContain(place);
        }

        rig.Table.Sweep(rig.Now);
    }

    /// <summary>Whole seconds of it; how many, is the result.</summary>
    private TimeSpan ChurnFor(TimeSpan time, int aSecond, SessionRig rig, UdpService service, HashSet<UpstreamTarget> places)
    {
        for (int i = 0; i < (int)time.TotalSeconds * aSecond; i++)
        {
            if (service.TrySend(UdpService.Flow(_next++)) is { } place)
            {
                places.ShouldNotContain(place);
                rig.Answer(place).ShouldNotBeNull();
            }

            rig.SweepAfter(TimeSpan.FromSeconds(1) / aSecond);
        }

        return TimeSpan.FromSeconds((int)time.TotalSeconds);
    }
}
