
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin.Messages;

namespace UserProxy.App.Connections;

/// <summary><c>connections</c> as a table with the columns that <c>ss</c> has, and the endpoint.</summary>
internal static class ConnectionTable
{
    public static TextTable Of(IEnumerable<ConnectionItem> connections)
    {
        var table = new TextTable("PROTO", "CLIENT", "LISTENER", "SERVICE", "ENDPOINT", "STATE", "AGE", "IDLE", "BYTES-IN", "BYTES-OUT").Right(
            "AGE", "IDLE", "BYTES-IN", "BYTES-OUT")
            .Names("SERVICE").Addresses("CLIENT", "LISTENER", "ENDPOINT")
            .Drop("PROTO", "LISTENER", "BYTES-IN", "BYTES-OUT", "AGE", "IDLE").Colour("STATE", StateTone);
        foreach (var connection in connections)
        {
            table.Add(
                connection.Protocol,
                connection.Client,
                connection.Listener,
                Shown.Service(connection),
                connection.Endpoint ?? "-",
                connection.EndpointLeft ? $"{connection.State}, endpoint left" : connection.State,
                Shown.Time(connection.AgeSeconds),
                Shown.Time(connection.IdleSeconds),
                Shown.Number(connection.BytesIn),
                Shown.Number(connection.BytesOut));
        }

        return table;
    }

    private static Tone StateTone(string state) => state switch
    {
        "Established" or "Answered" => Tone.Good,
        _ => Tone.Warning,
    };
}
