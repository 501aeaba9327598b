using System.ComponentModel;
using System.Diagnostics;
using UserProxy.App.CommandLine;
using UserProxy.Linux.Host;

namespace UserProxy.App.Servers.Metrics;

/// <summary>
/// The families about the process and its runtime, under the names that dashboards for any process and for any .NET process know. Not the package's own, which
/// lack resident memory, descriptors and pauses.
/// </summary>
internal static class ProcessMetrics
{
    public static void Declare(MetricFamilies families, int descriptorLimit)
    {
        var processor = families.Counter("process_cpu_seconds_total", "Processor time used, by users and system.");
        var resident = families.Gauge("process_resident_memory_bytes", "Resident memory.");
        var virtualMemory = families.Gauge("process_virtual_memory_bytes", "Virtual memory.");
        var started = families.Gauge("process_start_time_seconds", "When the process started, in Unix time.");
        families.OnCollect(() =>
        {
            try
            {
                using var process = Process.GetCurrentProcess();
                processor.IncTo(process.TotalProcessorTime.TotalSeconds);
                resident.Set(process.WorkingSet64);
                virtualMemory.Set(process.VirtualMemorySize64);
                started.Set(new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds() / 1000.0);
            }
            catch (Exception e) when (e is InvalidOperationException or IOException or Win32Exception)
            {
                // No descriptor is left to read /proc by, which the rest of the scrape tells: the last values stand.
            }
        });

        if (OperatingSystem.IsLinux())
        {
            families.Gauge("process_open_fds", "Open descriptors.", () => OperatingSystem.IsLinux() ? DescriptorLimit.CountOpen() : 0);
            families.Gauge("process_max_fds", "How many descriptors may be open.", () => descriptorLimit);
        }

        DeclareRuntime(families);
        families.Gauge("userproxy_build_info", "1; what runs is in the labels.", "commit", "runtime", "version")
            .WithLabels(BuildFacts.Current.Commit, BuildFacts.Current.Runtime, BuildFacts.Current.Version).Set(1);
    }

    private static void DeclareRuntime(MetricFamilies families)
    {
        var collections = families.Counter("dotnet_gc_collections_total", "Collections, by the oldest generation that they took.", "gc_heap_generation");
        families.OnCollect(() =>
        {
            int older = 0;
            for (int generation = GC.MaxGeneration; generation >= 0; generation--)
            {
                // The runtime counts a collection for its generation and for all younger ones.
                int counted = GC.CollectionCount(generation);
                collections.WithLabels($"gen{generation}").IncTo(counted - older);
                older = counted;
            }
        });
        families.Counter(
            "dotnet_gc_pause_time_seconds_total", "For how long collections have stopped the process.", () => GC.GetTotalPauseDuration().TotalSeconds);
        families.Counter("dotnet_gc_heap_total_allocated_bytes_total", "Bytes allocated on the managed heap.", () => GC.GetTotalAllocatedBytes());
        families.Gauge(
            "dotnet_gc_last_collection_memory_committed_size_bytes", "Memory that the managed heap held after the last collection.", () =>
                GC.GetGCMemoryInfo().TotalCommittedBytes);
        families.Gauge("dotnet_thread_pool_threads", "Threads of the thread pool.", () => ThreadPool.ThreadCount);
        families.Gauge("dotnet_thread_pool_queue_length", "Work that waits for a thread of the pool.", () => ThreadPool.PendingWorkItemCount);
        families.Counter("dotnet_monitor_lock_contentions_total", "Times that a thread had to wait for a lock.", () => Monitor.LockContentionCount);
    }
}
