using FsCheck.Fluent;
using UserProxy.Udp;

namespace UserProxy.Tests.Udp;

public sealed class SessionListTests
{
    private readonly SessionList _list = new();

    [Fact]
    public void Empty_HasNoFirst()
    {
        _list.First.ShouldBeNull();
        _list.Count.ShouldBe(0);
    }

    [Fact]
    public void MoveToBack_FirstMiddleAndLast_KeepsTheOthersInOrder()
    {
        UdpSession[] sessions = [new(), new(), new(), new()];
        foreach (var session in sessions) _list.Add(session);

        _list.MoveToBack(sessions[0]);
        _list.MoveToBack(sessions[2]);
        _list.MoveToBack(sessions[2]);

        Walk(_list).ShouldBe([sessions[1], sessions[3], sessions[0], sessions[2]]);
        _list.Count.ShouldBe(4);
    }

    [Fact]
    public void Remove_ASession_CanBeAddedToAnotherList()
    {
        var (session, other) = (new UdpSession(), new SessionList());
        _list.Add(session);
        _list.Remove(session);
        other.Add(session);
        Walk(other).ShouldBe([session]);
        Walk(_list).ShouldBeEmpty();
    }

    [Fact]
    public void Session_IsInTwoListsAtOnce()
    {
        var ofClient = new SessionList(ofClient: true);
        UdpSession[] sessions = [new(), new(), new()];
        foreach (var session in sessions)
        {
            _list.Add(session);
            ofClient.Add(session);
        }

        _list.Remove(sessions[1]);
        ofClient.MoveToBack(sessions[0]);

        Walk(_list).ShouldBe([sessions[0], sessions[2]]);
        Walk(ofClient, ofClient: true).ShouldBe([sessions[1], sessions[2], sessions[0]]);
    }

    [Fact]
    public void AnyOperations_AreThoseOfAList()
    {
        PropertyCheck.ForAll(Gen.ListOf(Gen.Choose(0, 29)), operations =>
        {
            var list = new SessionList();
            var sessions = Enumerable.Range(0, 10).Select(_ => new UdpSession()).ToArray();
            var model = new List<UdpSession>();
            foreach (int operation in operations)
            {
                var session = sessions[operation % 10];
                bool isIn = model.Remove(session);
                if (!isIn)
                {
                    list.Add(session);
                    model.Add(session);
                }
                else if (operation / 10 == 0)
                {
                    list.Remove(session);
                }
                else
                {
                    list.MoveToBack(session);
                    model.Add(session);
                }

                Walk(list).ShouldBe(model);
                list.Count.ShouldBe(model.Count);
            }
        });
    }

    [Fact]
    public void Begin_OnARecycledSession_RemembersNothing()
    {
        var rig = new SessionRig();
        var service = rig.Serve(1);
        service.Exchange(UdpService.Flow(1));
        var before = service.Sessions.ToArray().Single();
        rig.Table.Detach(service.Sessions, rig.Now);
        rig.Advance(2);
        service.Send(client: 2);

        var after = service.Sessions.ToArray().Single();

        after.ShouldBeSameAs(before, "it is used again");
        (after.Key, after.Class, after.DatagramsIn, after.DatagramsOut, after.BytesIn, after.BytesOut).ShouldBe(
            (UdpService.Flow(2), SessionClass.Unanswered, 1, 0, 50, 0));
        (after.StartedAt, after.ActiveAt, after.ListedAt).ShouldBe((rig.Now, rig.Now, rig.Now));
        after.Client.Count.ShouldBe(1);
    }

    private static List<UdpSession> Walk(SessionList list, bool ofClient = false)
    {
        var sessions = new List<UdpSession>();
        for (var session = list.First; session is not null; session = ofClient ? session.OfClient.Next : session.OfClass.Next) sessions.Add(session);
        return sessions;
    }
}
