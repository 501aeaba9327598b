using System.Net.Sockets;
using FsCheck.Fluent;
using UserProxy.Model;
using UserProxy.Scheduling;
using UserProxy.Tests.Scheduling;
using UserProxy.Udp;

namespace UserProxy.Tests.Udp;

/// <summary>Whatever happens in whatever order, the table's accounts agree with its sessions.</summary>
public sealed class SessionTableProperties
{
    private const int Steps = 250;

    /// <summary>Small, so that every limit is met: of all, of a listener, of a client, of ports.</summary>
    private static readonly (SessionLimits Limits, int Ports)[] Tables =
    [
        (new(100, 100, 100), int.MaxValue),
        (new(14, 10, 6), int.MaxValue),
        (new(9, 9, 9), 3),
        (new(100, 4, 3), 5),
        (new(1, 1, 1), 1),
        (new(100, 100, 100), 0),
    ];

    [Fact]
    public void AnyHistory_AccountsAgreeWithSessions()
    {
        var history = Gen.ArrayOf(Gen.Choose(0, 9_999_999), Steps);
        var cases = from table in Gen.Choose(0, Tables.Length - 1) from steps in history select (table, steps);
        PropertyCheck.ForAll(cases, each =>
        {
            var world = new World(Tables[each.table].Limits, Tables[each.table].Ports);
            foreach (int step in each.steps)
            {
                world.Do(new Script(step));
                world.Check();
            }

            world.CheckThatQuietEmptiesIt();
        });
    }

    /// <summary>One generated number as a row of small choices.</summary>
    private sealed class Script(int number)
    {
        private int _rest = number;

        public int Choose(int of)
        {
            (_rest, int choice) = Math.DivRem(_rest, of);
            return choice;
        }
    }

    /// <summary>Two Services with one or two of four endpoints and different settings, and what has ever been sent where.</summary>
    private sealed class World
    {
        private readonly SessionRig _rig;
        private readonly SessionLimits _limits;
        private readonly UdpService[] _services;

        /// <summary>Also of endpoints that have left.</summary>
        private readonly HashSet<EndpointState> _states = [];

        private readonly List<UpstreamTarget> _sent = [];

        /// <summary>Who was the last to use a place, and when it or the endpoint did.</summary>
        private readonly Dictionary<UpstreamTarget, (UdpService Service, SessionKey Flow, long At)> _used = [];

        private int _forwards, _answers;

        public World(SessionLimits limits, int ports)
        {
            _limits = limits;
            _rig = new SessionRig(limits);
            _rig.Sockets.Limit = ports;
            _services =
            [
                _rig.Serve(2),
                _rig.Serve(1, new ServiceSettings { UdpResponses = 1, UdpIdleTimeout = TimeSpan.FromSeconds(5), Scheduler = SchedulerKind.LeastConnection }),
            ];
            RememberStates();
        }

        public void Do(Script script)
        {
            switch (script.Choose(10))
            {
                case < 4:
                    Forward(_services[script.Choose(2)], UdpService.Flow(script.Choose(5), 1_000 + script.Choose(3)));
                    break;
                case < 7:
                    if (_sent.Count > 0) Answer(_sent[script.Choose(_sent.Count)]);
                    break;
                case 7:
                    if (_sent.Count > 0) _rig.Refuse(_sent[script.Choose(_sent.Count)]);
                    break;
                case 8:
                    Swap(_services[script.Choose(2)], endpoints: script.Choose(16), revalidate: script.Choose(2) == 0);
                    break;
                default:
                    Sweep(TimeSpan.FromMilliseconds(new[] { 1, 60, 130, 1_100, 5_000, 31_000, 61_000 }[script.Choose(7)]));
                    break;
            }
        }

        /// <summary>
        /// A flow that is served stays where it is; any other goes to an endpoint that is declared, and not to the one that has just refused it.
        /// </summary>
        private void Forward(UdpService service, SessionKey flow)
        {
            _forwards++;
            var allowed = service.Declared.ClusterEndpoints.Select(endpoint => DatagramAddress.From(endpoint.EndPoint)).ToList();
            service.Sessions.TryFind(flow, out var before);
            (DatagramAddress, int)? place = before?.Peer is not null ? (before.Target, before.Port) : null;
            var refusedBy = before is { Peer: null } ? before.Endpoint : null;
            long dropped = service.DroppedInAll;

            if (service.TrySend(flow) is not { } target)
            {
                service.DroppedInAll.ShouldBe(dropped + 1);
                // Ports are few: each serves a session that others are worth less than, or may still be owed an answer.
                (allowed.Count == 0 || _rig.Sockets.Open() == _rig.Sockets.Limit).ShouldBeTrue();
                service.Has(flow).ShouldBeFalse();
                return;
            }

            // An answer that comes within a minute must find nobody else, unless no other was to come.
            if (_used.TryGetValue(target, out var used) && (used.Service, used.Flow) != (service, flow) && used.Service.Declared.AnswersPerQuestion == 0)
                _rig.Time.GetElapsedTime(used.At).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(60));
            _used[target] = (service, flow, _rig.Now);
            _sent.Add(target);
            service.DroppedInAll.ShouldBe(dropped);
            allowed.ShouldContain(target.Endpoint);
            if (place is { } stays && allowed.Contains(stays.Item1)) (target.Endpoint, target.Port).ShouldBe(stays);
            service.Sessions.TryFind(flow, out var session).ShouldBeTrue();
            // One that has left and come back since is another.
            if (refusedBy is not null && allowed.Count > 1) session.Endpoint.ShouldNotBeSameAs(refusedBy);
            (session.Target, session.Port).ShouldBe((target.Endpoint, target.Port));
        }

        /// <summary>It goes to the flow that has the place now, if any: sessions never cross.</summary>
        private void Answer(UpstreamTarget from)
        {
            _answers++;
            var owner = Sessions().SingleOrDefault(
                session => session.Peer is not null && session.Target == from.Endpoint && (session.Pool, session.Port) == (from.Pool, from.Port));
            ClientTarget? expected = owner is null ? null : new ClientTarget(owner.Listener!, owner.Key.Client, owner.Key.Local);
            _rig.Answer(from).ShouldBe(expected);
            bool isHeard = _rig.Sockets.IsOpen(from) && _rig.Time.GetElapsedTime(_used[from].At) < TimeSpan.FromSeconds(60);
            if (isHeard) _used[from] = _used[from] with { At = _rig.Now };
        }

        private void Swap(UdpService service, int endpoints, bool revalidate)
        {
            service.SwapEndpoints([.. Enumerable.Range(0, 4).Where(number => (endpoints & (1 << number)) != 0).Select(number => Sets.Endpoint(number))]);
            RememberStates();
            if (!revalidate) return;
            service.Revalidate();
            var allowed = service.State.Snapshot!.Cluster;
            service.Sessions.ToArray().All(session => !session.IsPlaced || allowed.States.Contains(session.Endpoint)).ShouldBeTrue();
        }

        private void Sweep(TimeSpan after)
        {
            _rig.Time.Advance(after);
            var before = Sessions().Select(session => (session.Listener, session.Key, Timeout: TimeoutOf(session), session.ActiveAt)).ToList();
            _rig.Table.Sweep(_rig.Now);
            foreach (var (listener, key, timeout, activeAt) in before)
            {
                var quiet = _rig.Time.GetElapsedTime(activeAt);
                if (listener!.TryFind(key, out _)) quiet.ShouldBeLessThan(timeout + SessionRig.Grain);
                else quiet.ShouldBeGreaterThanOrEqualTo(timeout);
            }
        }

        private static TimeSpan TimeoutOf(UdpSession session)
        {
            var settings = session.Listener!.Listener.Service.Snapshot!.Settings;
            if (session.Class == SessionClass.Done) return SessionRig.Linger;
            return session.Class == SessionClass.Unanswered ? settings.UdpUnansweredTimeout : settings.UdpIdleTimeout;
        }

        public void Check()
        {
            var sessions = Sessions();
            _rig.Table.Count.ShouldBe(sessions.Count);
            _rig.Table.Count.ShouldBeLessThanOrEqualTo(_limits.Total);
            foreach (var service in _services) Check(service);
            foreach (var ofClient in sessions.GroupBy(session => session.Key.Client.Address)) CheckClient([.. ofClient]);
            var placed = sessions.Where(session => session.Peer is not null).ToList();
            placed.Select(session => (session.Pool, session.Port, session.Target)).Distinct().Count().ShouldBe(placed.Count, "two sessions share a place");
            placed.All(session => session.Target == DatagramAddress.From(session.Endpoint.Address)).ShouldBeTrue();
            foreach (var state in _states) state.ActiveConnections.ShouldBe(placed.Count(session => session.Endpoint == state));
            var sockets = _rig.Sockets;
            sockets.Opened.ShouldBe(sockets.Closed + sockets.Open());
            placed.All(session => sockets.IsOpen(new UpstreamTarget(session.Target, session.Pool, session.Port))).ShouldBeTrue();
            sockets.Open(AddressFamily.InterNetworkV6).ShouldBe(0);
            (_services.Sum(service => service.Counters.DatagramsIn) + _services.Sum(service => service.DroppedInAll)).ShouldBe(_forwards);
            (_services.Sum(service => service.Counters.DatagramsOut) + _rig.Services.Unexpected).ShouldBe(_answers);
        }

        /// <summary>No matter how full it was, nothing is left when nobody has come for long enough.</summary>
        public void CheckThatQuietEmptiesIt()
        {
            // Sessions; then the ports have to serve nobody for a minute.
            for (int i = 0; i < 3; i++) Sweep(TimeSpan.FromSeconds(61));
            Check();
            _rig.Table.Count.ShouldBe(0);
            _rig.Sockets.Open().ShouldBe(0);
            _states.ShouldAllBe(state => state.ActiveConnections == 0);
            _services.ShouldAllBe(service => service.State.IsIdle && service.Started == service.EndedInAll);
            _states.Sum(state => state.TotalConnections).ShouldBe(_services.Sum(service => service.Started));
            _states.Sum(state => state.BytesIn).ShouldBe(_services.Sum(service => service.Counters.BytesIn));
            _states.Sum(state => state.BytesOut).ShouldBe(_services.Sum(service => service.Counters.BytesOut));
        }

        private void Check(UdpService service)
        {
            var sessions = service.Sessions.ToArray();
            sessions.Length.ShouldBeLessThanOrEqualTo(_limits.PerListener);
            (service.Sessions.Count, service.Counters.Active).ShouldBe((sessions.Length, sessions.Length));
            service.Started.ShouldBe(service.Counters.Active + service.EndedInAll);
            int listed = 0;
            foreach (var @class in Enum.GetValues<SessionClass>())
            {
                for (var session = service.Sessions.Oldest(@class); session is not null; session = session.OfClass.Next, listed++)
                {
                    session.Class.ShouldBe(@class);
                    session.Listener.ShouldBeSameAs(service.Sessions);
                }
            }

            listed.ShouldBe(sessions.Length);
        }

        private void CheckClient(List<UdpSession> sessions)
        {
            sessions.Count.ShouldBeLessThanOrEqualTo(_limits.PerClient);
            var list = sessions[0].Client;
            list.Count.ShouldBe(sessions.Count);
            var listed = new List<UdpSession>();
            for (var session = list.First; session is not null; session = session.OfClient.Next) listed.Add(session);
            listed.ToHashSet().SetEquals(sessions).ShouldBeTrue();
        }

        private List<UdpSession> Sessions() => [.. _services.SelectMany(service => service.Sessions.ToArray())];

        private void RememberStates()
        {
            foreach (var service in _services) _states.UnionWith(service.State.Snapshot!.Cluster.States.ToArray());
        }
    }
}
