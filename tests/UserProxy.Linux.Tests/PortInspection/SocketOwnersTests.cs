using System.Collections;
using System.Net;
using System.Net.Sockets;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;

namespace UserProxy.Linux.Tests.PortInspection;

public sealed class SocketOwnersTests
{
    [Fact]
    public void Find_OwnSocket_NamesThisProcess()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var table = SocketTable.Open();
        ulong inode = table.OfPort(
            TransportProtocol.Tcp, ((IPEndPoint)listener.LocalEndpoint).Port).Single(row => row.Local.Equals(listener.LocalEndpoint)).Inode;

        var owner = SocketOwners.Find(new HashSet<ulong> { inode }, CancellationToken.None).Of(inode)[0]; // a process that is being started has it, too

        owner.Pid.ShouldBe(Environment.ProcessId);
        owner.Name.ShouldBe(File.ReadAllText("/proc/self/comm").Trim());
        owner.Descriptors.ShouldBeGreaterThan(3);
        owner.DescriptorLimit.ShouldNotBeNull().ShouldBeGreaterThan(owner.Descriptors);
    }

    /// <summary>A child has all sockets of this process until its program is loaded, and may have the lower number.</summary>
    [Fact]
    public void Of_SocketOfThisProcessAndAnother_ThisProcessIsFirst()
    {
        var (child, own) = (new SocketOwner(1, "child", 0, 1, null), new SocketOwner(Environment.ProcessId, "own", 0, 1, null));

        var owners = new SocketOwners();
        owners.Add(7, child);
        owners.Add(7, own);

        owners.Of(7).ShouldBe([own, child]);
    }

    [Fact]
    public void Find_NobodysSocket_IsEmpty() =>
        SocketOwners.Find(new HashSet<ulong> { ulong.MaxValue }, CancellationToken.None).Of(ulong.MaxValue).ShouldBeEmpty();

    [Fact]
    public void Find_OutOfTime_IsIncomplete() =>
        SocketOwners.Find(new HashSet<ulong> { 1 }, new CancellationToken(canceled: true)).IsIncomplete.ShouldBeTrue();

    [Fact]
    public void Find_OutOfTimeWithinAProcess_IsIncomplete()
    {
        string proc = Directory.CreateTempSubdirectory("userproxy-test-").FullName;
        try
        {
            string descriptors = Directory.CreateDirectory(Path.Combine(proc, "1", "fd")).FullName;
            for (int i = 0; i < 1100; i++) File.CreateSymbolicLink(Path.Combine(descriptors, $"{i}"), "socket:[7]");
            using var limit = new CancellationTokenSource();

            // Asked for the first time within the process, it is over.
            var owners = SocketOwners.Find(new EndsTime(limit), limit.Token, proc);

            owners.IsIncomplete.ShouldBeTrue();
            owners.Of(7).ShouldHaveSingleItem().Descriptors.ShouldBe(1024);
        }
        finally
        {
            Directory.Delete(proc, recursive: true);
        }
    }

    /// <summary>What comes after a process with very many is found though there is no time for all of these.</summary>
    [Fact]
    public void Find_OutOfTimeWithinALargeProcess_OthersAreFound()
    {
        string proc = Directory.CreateTempSubdirectory("userproxy-test-").FullName;
        try
        {
            foreach (string pid in (string[])["1", "2", "3"])
            {
                string descriptors = Directory.CreateDirectory(Path.Combine(proc, pid, "fd")).FullName;
                for (int i = 0; i < 1100; i++) File.CreateSymbolicLink(Path.Combine(descriptors, $"{i}"), $"socket:[{pid}]");
            }

            using var limit = new CancellationTokenSource();

            // Over when the first is asked of the last that is looked at.
            var owners = SocketOwners.Find(new EndsTime(limit, after: 2 * 1024), limit.Token, proc);

            owners.IsIncomplete.ShouldBeTrue();
            for (ulong inode = 1; inode <= 3; inode++) owners.Of(inode).ShouldHaveSingleItem().Pid.ShouldBe((int)inode);
        }
        finally
        {
            Directory.Delete(proc, recursive: true);
        }
    }

    [Theory]
    [InlineData("S (sleeping)", "do_epoll_wait", false)]
    [InlineData("T (stopped)", "do_signal_stop", true)]
    [InlineData("t (tracing stop)", "ptrace_stop", true)]
    [InlineData("S (sleeping)", "do_freezer_trap", true)]
    [InlineData("D (disk sleep)", "__refrigerator", true)]
    public void Find_Process_SaysWhetherItIsStopped(string state, string waitChannel, bool isStopped)
    {
        string proc = Directory.CreateTempSubdirectory("userproxy-test-").FullName;
        try
        {
            string folder = Path.Combine(proc, "1");
            File.CreateSymbolicLink(Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "fd")).FullName, "3"), "socket:[7]");
            File.WriteAllText(Path.Combine(folder, "status"), $"Name:\tworker\nUmask:\t0022\nState:\t{state}\nUid:\t0\t0\t0\t0\n");
            File.WriteAllText(Path.Combine(folder, "wchan"), waitChannel);

            SocketOwners.Find(new HashSet<ulong> { 7 }, CancellationToken.None, proc).Of(7).ShouldHaveSingleItem().IsStopped.ShouldBe(isStopped);
        }
        finally
        {
            Directory.Delete(proc, recursive: true);
        }
    }

    [Fact]
    public void Find_NoProc_IsEmpty() => SocketOwners.Find(new HashSet<ulong> { 1 }, CancellationToken.None, "/nonexistent").Of(1).ShouldBeEmpty();

    /// <summary>A set one of whose questions, the first after so many, takes all the time that there is.</summary>
    private sealed class EndsTime(CancellationTokenSource limit, int after = 0) : IReadOnlySet<ulong>
    {
        private int _asked;

        public int Count => 1;

        public bool Contains(ulong item)
        {
            if (++_asked > after) limit.Cancel();
            return true;
        }

        public IEnumerator<ulong> GetEnumerator() => throw new NotSupportedException();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        public bool IsProperSubsetOf(IEnumerable<ulong> other) => throw new NotSupportedException();

        public bool IsProperSupersetOf(IEnumerable<ulong> other) => throw new NotSupportedException();

        public bool IsSubsetOf(IEnumerable<ulong> other) => throw new NotSupportedException();

        public bool IsSupersetOf(IEnumerable<ulong> other) => throw new NotSupportedException();

        public bool Overlaps(IEnumerable<ulong> other) => throw new NotSupportedException();

        public bool SetEquals(IEnumerable<ulong> other) => throw new NotSupportedException();
    }
}
