
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin.Messages;

namespace UserProxy.App.Connections;

/// <summary><c>connections</c> as a table with the columns that <c>ss</c> has, and the endpoint.</summary>
internal static class ConnectionTable
{
    private const string ToldBy = "TOLD-BY", Source = "SOURCE", UniqueId = "UNIQUE-ID";

    public static TextTable Of(IEnumerable<ConnectionItem> connections)
    {
        // What only some Services have is a column only where there is some.
        var all = connections.ToList();
        bool someAreTold = all.Exists(connection => connection.ToldBy is not null), someHaveIds = all.Exists(connection => connection.UniqueId is not null);
        bool someAreKept = all.Exists(connection => connection.AddressKept);
        string[] more = [
            .. someAreTold ? [ToldBy] : Array.Empty<string>(), .. someAreKept ? [Source] : Array.Empty<string>(),
            .. someHaveIds ? [UniqueId] : Array.Empty<string>()];
        var table = new TextTable(
            ["PROTO", "CLIENT", "LISTENER", "SERVICE", "ENDPOINT", "STATE", "AGE", "IDLE", "BYTES-IN", "BYTES-OUT", .. more]).Right(
            "AGE", "IDLE", "BYTES-IN", "BYTES-OUT")
            .Names("SERVICE").Addresses(["CLIENT", "LISTENER", "ENDPOINT", .. more.Where(column => column != UniqueId)])
            .Drop([.. someHaveIds ? [UniqueId] : Array.Empty<string>(), "PROTO", "LISTENER", "BYTES-IN", "BYTES-OUT", "AGE", "IDLE"])
            .Colour("STATE", StateTone);
        foreach (var connection in all)
        {
            string[] row =
            [
                connection.Protocol,
                connection.Client,
                connection.Listener,
                Shown.Service(connection),
                connection.Endpoint ?? "-",
                connection.EndpointLeft ? $"{connection.State}, endpoint left" : connection.State,
                Shown.Time(connection.AgeSeconds),
                Shown.Time(connection.IdleSeconds),
                Shown.Number(connection.BytesIn),
                Shown.Number(connection.BytesOut),
            ];
            string[] told = someAreTold ? [connection.ToldBy ?? "-"] : [];
            string[] id = someHaveIds ? [connection.UniqueId ?? "-"] : [];
            string[] source = someAreKept ? [connection.Source ?? "-"] : [];
            table.Add([.. row, .. told, .. source, .. id]);
        }

        return table;
    }

    private static Tone StateTone(string state) => state switch
    {
        "Established" or "Answered" => Tone.Good,
        _ => Tone.Warning,
    };
}
