using System.Globalization;
using UserProxy.Scenarios.Bed;

namespace UserProxy.Scenarios.Backends;

/// <summary>iperf3 in the first Pod alone: its connections belong together, and must not be shared out.</summary>
internal static class BulkBackend
{
    public const int Port = 5201;

    public static Child Start(TestBed bed) => bed.Start(bed.Pods[0], "iperf3", "--server", "--port", Port.ToString(CultureInfo.InvariantCulture));
}
