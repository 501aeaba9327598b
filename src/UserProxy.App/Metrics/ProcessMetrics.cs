using System.Diagnostics;
using UserProxy.Linux;

namespace UserProxy.App.Metrics;

/// <summary>The families about the process and its runtime, under the names that dashboards for any process and for any .NET process know.</summary>
internal static class ProcessMetrics
{
    public static async Task WriteAsync(MetricWriter writer, int descriptorLimit)
    {
        using var process = Process.GetCurrentProcess();
        await writer.FamilyAsync("process_cpu_seconds_total", MetricKind.Counter, "Processor time used, by users and system.");
        writer.Sample(process.TotalProcessorTime.TotalSeconds);

        await writer.FamilyAsync("process_resident_memory_bytes", MetricKind.Gauge, "Resident memory.");
        writer.Sample(process.WorkingSet64);

        await writer.FamilyAsync("process_virtual_memory_bytes", MetricKind.Gauge, "Virtual memory.");
        writer.Sample(process.VirtualMemorySize64);

        await writer.FamilyAsync("process_start_time_seconds", MetricKind.Gauge, "When the process started, in Unix time.");
        writer.Sample(new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds() / 1000.0);

        if (OperatingSystem.IsLinux())
        {
            await writer.FamilyAsync("process_open_fds", MetricKind.Gauge, "Open descriptors.");
            writer.Sample(DescriptorLimit.CountOpen());

            await writer.FamilyAsync("process_max_fds", MetricKind.Gauge, "How many descriptors may be open.");
            writer.Sample(descriptorLimit);
        }

        await WriteRuntimeAsync(writer);

        await writer.FamilyAsync("userproxy_build_info", MetricKind.Gauge, "1; what runs is in the labels.");
        writer.Sample(Labels.Of(("commit", BuildFacts.Current.Commit), ("runtime", BuildFacts.Current.Runtime), ("version", BuildFacts.Current.Version)), 1);
    }

    private static async Task WriteRuntimeAsync(MetricWriter writer)
    {
        await writer.FamilyAsync("dotnet_gc_collections_total", MetricKind.Counter, "Collections, by the oldest generation that they took.");
        int older = 0;
        for (int generation = GC.MaxGeneration; generation >= 0; generation--)
        {
            // The runtime counts a collection for its generation and for all younger ones.
            int counted = GC.CollectionCount(generation);
            writer.Sample(Labels.Of("gc_heap_generation", $"gen{generation}"), counted - older);
            older = counted;
        }

        await writer.FamilyAsync("dotnet_gc_pause_time_seconds_total", MetricKind.Counter, "For how long collections have stopped the process.");
        writer.Sample(GC.GetTotalPauseDuration().TotalSeconds);

        await writer.FamilyAsync("dotnet_gc_heap_total_allocated_bytes_total", MetricKind.Counter, "Bytes allocated on the managed heap.");
        writer.Sample(GC.GetTotalAllocatedBytes());

        await writer.FamilyAsync("dotnet_gc_last_collection_memory_committed_size_bytes", MetricKind.Gauge, "Memory that the managed heap held after the last collection.");
        writer.Sample(GC.GetGCMemoryInfo().TotalCommittedBytes);

        await writer.FamilyAsync("dotnet_thread_pool_threads", MetricKind.Gauge, "Threads of the thread pool.");
        writer.Sample(ThreadPool.ThreadCount);

        await writer.FamilyAsync("dotnet_thread_pool_queue_length", MetricKind.Gauge, "Work that waits for a thread of the pool.");
        writer.Sample(ThreadPool.PendingWorkItemCount);

        await writer.FamilyAsync("dotnet_monitor_lock_contentions_total", MetricKind.Counter, "Times that a thread had to wait for a lock.");
        writer.Sample(Monitor.LockContentionCount);
    }
}
