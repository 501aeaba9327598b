using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.App.Run.HandOver;
using UserProxy.FunctionalTests.Support;
using UserProxy.Linux.HandOver;
using UserProxy.Linux.Host;

namespace UserProxy.App.Tests.Run.HandOver;

/// <summary>A welcome that is not accepted; whole processes are the functional tests'.</summary>
public sealed class PredecessorTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public PredecessorTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "descriptors as Linux passes them");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string AdminSocket => Path.Combine(_folder.Path, "admin.sock");

    public void Dispose() => _folder.Dispose();

    /// <summary>Whoever has a descriptor of it holds the lock: others would be kept from serving by one that does not.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TryConnectAsync_WelcomeIsNotAccepted_HoldsNoLock(bool isAnotherLock)
    {
        string name = isAnotherLock ? $"userproxy:{AdminSocket}.other" : $"userproxy:{AdminSocket}";
        using var listening = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listening.Bind(new UnixDomainSocketEndPoint(SuccessorPort.PathBeside(AdminSocket)));
        listening.Listen();
        var meeting = PredecessorFinder.TryConnectAsync(AdminSocket, isFirst: true, NullLogger.Instance, TimeProvider.System, Cancellation);
        using var talk = new TakeoverTalk(new DescriptorChannel(await listening.AcceptAsync(Cancellation)), TimeProvider.System);
        await talk.ReceiveAsync(TakeoverTalk.Patience, Cancellation, TakeoverWord.Hello);

        using (var held = NamespaceLock.TryTake(name, _ => false, TimeProvider.System, out _)!)
            talk.Send(TakeoverWord.Welcome, "0.0.0", isAnotherLock ? [held.Handle] : (SafeHandle[])[held.Handle, held.Handle, held.Handle]);

        (await meeting).Met.ShouldBeNull();
        // A program that another test starts has a copy of the socket between its fork and its exec.
        await Eventually.IsTrue(() => !NamespaceLock.IsHeld(name), "nobody holds it");
    }

    /// <summary>A sync waits for the ports that it closes, and would do so for ever.</summary>
    [Fact]
    public async Task TakeOverAsync_SucceedingFails_IsStillToldThatItHasLeft()
    {
        using var listening = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listening.Bind(new UnixDomainSocketEndPoint(SuccessorPort.PathBeside(AdminSocket)));
        listening.Listen();
        var meeting = PredecessorFinder.TryConnectAsync(AdminSocket, isFirst: true, NullLogger.Instance, TimeProvider.System, Cancellation);
        using var talk = new TakeoverTalk(new DescriptorChannel(await listening.AcceptAsync(Cancellation)), TimeProvider.System);
        await talk.ReceiveAsync(TakeoverTalk.Patience, Cancellation, TakeoverWord.Hello);
        using var held = NamespaceLock.TryTake($"userproxy:{AdminSocket}", _ => false, TimeProvider.System, out _)!;
        talk.Send(TakeoverWord.Welcome, "0.0.0", [held.Handle]);
        using var met = (await meeting).Met!;
        met.OnTakenOver = (_, _) => throw new InvalidOperationException("a defect");

        var taking = met.TakeOverAsync(Cancellation);
        await talk.ReceiveAsync(TakeoverTalk.Patience, Cancellation, TakeoverWord.Ready);
        talk.Send(TakeoverWord.Yours);
        await talk.ReceiveAsync(TakeoverTalk.Patience, Cancellation, TakeoverWord.Mine);
        talk.Send(TakeoverWord.Gone);
        talk.Dispose();

        await Should.ThrowAsync<InvalidOperationException>(() => taking);
        await met.Shared.Left.WaitAsync(Cancellation);
    }
}
