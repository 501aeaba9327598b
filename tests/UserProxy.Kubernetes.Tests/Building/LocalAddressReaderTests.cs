using System.Net;
using System.Net.NetworkInformation;
using UserProxy.Kubernetes.Building;

namespace UserProxy.Kubernetes.Tests.Building;

public class LocalAddressReaderTests
{
    private static readonly BuildOptions NeedsThem = new() { NodeName = "node-1", ClusterIPs = true };

    [Fact]
    public void Read_Fails_KeepsWhatWasKnownAndSaysSoOnce()
    {
        var logger = new RecordingLogger<LocalAddressReaderTests>();
        Exception? failure = null;
        var reader = new LocalAddressReader(NeedsThem, () => failure is null ? [IPAddress.Loopback] : throw failure, logger);
        var known = reader.Read([]);
        foreach (var next in (Exception[])[new IOException("Too many open files"), new NetworkInformationException()])
        {
            failure = next;
            reader.Read(known).ShouldBeSameAs(known);
        }

        logger.Lines(333).ShouldHaveSingleItem().ShouldContain("Too many open files");
    }
}
