using UserProxy.App.Snapshots;
using UserProxy.Kubernetes.Building;
using UserProxy.Model;

namespace UserProxy.App.Tests.Snapshots;

/// <summary>Snapshots of the tests, and their bytes.</summary>
internal static class Written
{
    public static readonly DateTimeOffset At = new(2025, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static SnapshotIdentity Identity => SnapshotIdentity.Of(new BuildOptions { NodeName = "node-1" }, "API server https://192.0.2.10:6443/");

    public static Snapshot Of(ServiceTable table) => new(Identity, At, table);

    public static byte[] Bytes(Snapshot snapshot)
    {
        var stream = new MemoryStream();
        SnapshotFormat.Write(stream, snapshot);
        return stream.ToArray();
    }
}
