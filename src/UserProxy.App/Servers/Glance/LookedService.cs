using UserProxy.App.Servers.Admin;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Reading;
using UserProxy.Serving;

namespace UserProxy.App.Servers.Glance;

/// <summary>One Service port of a <see cref="Look"/>. What takes longer to know is found out when it is asked for: most are not shown. One thread.</summary>
internal sealed class LookedService(ServiceReading reading, Sampled sampled)
{
    public const string Failed = "Failed", Dropping = "Dropping", Refusing = "Refusing", NotServed = "NotServed";

    /// <summary>The worst first.</summary>
    private static readonly string[] States =
        [
            Failed, ListenerHealth.Failing, ListenerHealth.Silent, Dropping, Refusing, NotServed, ListenerHealth.Degraded, ListenerHealth.Unknown,
            ListenerHealth.Answering];

    private string? _state;
    private string? _text;
    private IReadOnlyList<EndpointReading>? _endpoints;
    private AcceptQueue? _queue;
    private bool _queueIsRead;

    public ServiceReading Reading => reading;

    public Sampled Sampled => sampled;

    /// <summary>How bad it is; 0 is the worst.</summary>
    public int Rank => Array.IndexOf(States, State);

    public string State => _state ??= FindState();

    public IReadOnlyList<EndpointReading> Endpoints => _endpoints ??= reading.ReadEndpoints();

    /// <summary>The fullest of its listeners; null where none tells.</summary>
    public AcceptQueue? Queue
    {
        get
        {
            if (_queueIsRead) return _queue;
            _queueIsRead = true;
            foreach (var listener in reading.Listeners)
            {
                if (listener.ReadQueue() is { } queue && !(queue.Waiting <= _queue?.Waiting)) _queue = queue;
            }

            return _queue;
        }
    }

    /// <summary>As messages name it.</summary>
    public string Id => $"{NameAndPort}/{Protocol}/{Family}";

    public string Protocol => reading.Name.Protocol.Name();

    public string Family => reading.Family == System.Net.Sockets.AddressFamily.InterNetwork ? "IPv4" : "IPv6";

    /// <summary>What the search looks in.</summary>
    private string Text => _text ??=
        $"{NameAndPort}/{Protocol}/{Family} {reading.Port.Number} {string.Join(' ', reading.Port.Listeners.Select(listener => $"{listener.Kind} {listener}"))}";

    private string NameAndPort =>
        $"{reading.Name.Namespace}/{reading.Name.Name}:{(reading.Name.Port.Length > 0 ? reading.Name.Port : reading.Port.Number)}";

    /// <summary>Part of its name, of an address, or its state.</summary>
    public bool Fits(string term) =>
        Text.Contains(term, StringComparison.OrdinalIgnoreCase)
            || (States.Contains(term, StringComparer.OrdinalIgnoreCase) && State.Equals(term, StringComparison.OrdinalIgnoreCase));

    private string FindState()
    {
        if (reading.Port.Listeners.Count == 0) return NotServed;
        int worst = Array.IndexOf(States, HealthOfEndpoints());
        foreach (var listener in reading.Listeners)
        {
            string state = listener.State switch
            {
                ListenerState.Failed => Failed,
                ListenerState.Dropping => Dropping,
                ListenerState.Refusing => Refusing,
                _ => ListenerHealth.Answering,
            };
            worst = Math.Min(worst, Array.IndexOf(States, state));
        }

        return States[worst];
    }

    private string HealthOfEndpoints()
    {
        bool someLeadBack = reading.FindLoops().Count > 0;
        // Of most nobody has dialled an endpoint: these need not be read.
        if (!someLeadBack && reading.Counters is { Accepted: 0, AllConnectFailures: 0 }) return ListenerHealth.Unknown;
        bool any = false, answers = false, fails = false, silent = false;
        foreach (var endpoint in Endpoints)
        {
            if (!endpoint.Used) continue;
            any = true;
            answers |= endpoint.Health == EndpointHealth.Answering;
            fails |= endpoint.Health is EndpointHealth.Failing or EndpointHealth.Aside;
            silent |= endpoint.Health == EndpointHealth.Silent;
        }

        return ListenerHealth.Of(any, answers, fails, silent, someLeadBack) ?? ListenerHealth.Unknown;
    }
}
