using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using UserProxy.FunctionalTests.Support;
using UserProxy.Linux.Host;

namespace UserProxy.Linux.Tests.Host;

public sealed class NamespaceLockTests
{
    private readonly string _name = $"userproxy-test:{Guid.NewGuid()}";

    [Fact]
    public void TryTake_Held_NamesTheHolderUntilItIsGivenBack()
    {
        using (Take().ShouldNotBeNull())
        {
            NamespaceLock.TryTake(_name, _ => false, TimeProvider.System, out var holder).ShouldBeNull();
            holder.Pid.ShouldBe(Environment.ProcessId);
        }

        ShouldBecomeFree();
    }

    [Fact]
    public void Share_IsHeldUntilBothAreGivenBack()
    {
        var first = Take().ShouldNotBeNull();
        var second = NamespaceLock.Share(new SafeFileHandle(Dup((int)first.Handle.DangerousGetHandle()), ownsHandle: true), TimeProvider.System);

        second.SetHolder();
        Take().ShouldBeNull();
        first.Dispose();
        Take().ShouldBeNull();
        second.Dispose();

        ShouldBecomeFree();
    }

    [DllImport("libc", EntryPoint = "dup")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Dup(int descriptor);

    [Theory]
    [InlineData("")]
    [InlineData("\nwith a line of its own")]
    [InlineData("a-very-long-name-that-does-not-fit-into-the-name-of-a-socket-a-very-long-name-that-does-not-fit-into-the-name-of-a-socket")]
    public void TryTake_AnyName_IsOneLock(string suffix)
    {
        using var one = NamespaceLock.TryTake(_name + suffix, _ => false, TimeProvider.System, out _).ShouldNotBeNull();

        NamespaceLock.TryTake(_name + suffix, _ => false, TimeProvider.System, out _).ShouldBeNull();
        using var other = NamespaceLock.TryTake(_name + suffix + "2", _ => false, TimeProvider.System, out _).ShouldNotBeNull();
    }

    [Fact]
    public void TryTake_NameIsTakenByWhoeverDoesNotListen_IsHad()
    {
        using var exact = Bound(_name);
        using var alike = Bound($"{_name}:0123456789abcdef");

        using var taken = Take().ShouldNotBeNull();
    }

    [Fact]
    public void Held_QueueOfThoseWhoAskIsFilled_IsStillFound()
    {
        using var held = Take().ShouldNotBeNull();
        string path = File.ReadLines("/proc/net/unix").Single(line => line.Contains($"@{_name}:", StringComparison.Ordinal)).Split('@')[1];
        var crowd = new List<Socket>();
        try
        {
            while (crowd.Count < 2000) crowd.Add(Connected(path));

            Take().ShouldBeNull();
        }
        finally
        {
            foreach (var socket in crowd) socket.Dispose();
        }
    }

    [Fact]
    public void IsNetworkAdmin_OfThisProcess_IsByItsCapabilities() =>
        new LockHolder(Environment.ProcessId, 12345).IsNetworkAdmin.ShouldBe(
            (Convert.ToUInt64(
                File.ReadLines("/proc/self/status").First(line => line.StartsWith("CapEff:", StringComparison.Ordinal))[7..].Trim(), 16) & (1 << 12)) != 0);

    [Fact]
    public void Of_Folder_IsItsOwner()
    {
        if (Environment.IsPrivilegedProcess) FileOwner.Of("/").ShouldBe(LockHolder.Root);
        FileOwner.Of("/nonexistent").ShouldBeNull();
    }

    /// <summary>A process that is being started beside has a copy of the socket for a moment.</summary>
    private void ShouldBecomeFree()
    {
        NamespaceLock? again = null;
        SpinWait.SpinUntil(() => (again = Take()) is not null, Eventually.Patience).ShouldBeTrue();
        again!.Dispose();
    }

    private NamespaceLock? Take() => NamespaceLock.TryTake(_name, _ => false, TimeProvider.System, out _);

    private static Socket Connected(string name)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint('\0' + name));
        return socket;
    }

    private static Socket Bound(string name)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint('\0' + name));
        return socket;
    }
}
