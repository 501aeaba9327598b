using UserProxy.Linux.Kernel;
using UserProxy.Linux.Uring;
using static UserProxy.Linux.Uring.RingConstants;

namespace UserProxy.Linux.Tests.Uring;

/// <summary>What a ring refuses to whoever gets hold of it: the kernel holds it to the operations that are used here.</summary>
public sealed unsafe class RingTests : IDisposable
{
    private readonly Ring _ring = Rings.Create();

    public RingTests() => _ring.Enable();

    public void Dispose() => _ring.Dispose();

    /// <summary>Those that need nothing but a path, a descriptor or an address: open, read, write, splice, accept, socket, and their like.</summary>
    [Theory]
    [InlineData(0)] // nop
    [InlineData(1)] // readv
    [InlineData(2)] // writev
    [InlineData(9)] // sendmsg
    [InlineData(10)] // recvmsg
    [InlineData(13)] // accept
    [InlineData(18)] // openat
    [InlineData(22)] // read
    [InlineData(23)] // write
    [InlineData(28)] // openat2
    [InlineData(30)] // splice
    [InlineData(36)] // unlinkat
    [InlineData(45)] // socket
    public void Operation_ThatIsNotUsed_IsDenied(byte operation) => ResultOf(entry => entry->Operation = operation).ShouldBe(-Errno.EACCES);

    /// <summary>Of an operation that is used: its descriptor out of a table, its turn after all others, a worker thread of the kernel.</summary>
    [Theory]
    [InlineData(1 << 0)]
    [InlineData(1 << 1)]
    [InlineData(1 << 4)]
    public void Flag_ThatIsNotUsed_IsDenied(byte flag) => ResultOf(entry =>
    {
        entry->Operation = OpPollAdd;
        entry->Flags = flag;
    }).ShouldBe(-Errno.EACCES);

    /// <summary>The list lets through: what is used fails for a reason of its own.</summary>
    [Fact]
    public void Operation_ThatIsUsed_IsTried() => ResultOf(entry => entry->Operation = OpPollAdd).ShouldBe(-9, "EBADF");

    /// <summary>Buffers, files, an eventfd, a personality, new restrictions: nothing is registered but what the list has.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(9)]
    [InlineData((int)RegisterRestrictions)]
    public void Registration_ThatIsNotUsed_IsDenied(int operation) =>
        Should.Throw<PlatformNotSupportedException>(() => _ring.Register((uint)operation, null, 0)).Message.ShouldContain("EACCES");

    private int ResultOf(FillEntry fill)
    {
        var entry = _ring.Next();
        // What is let through ends at once: nothing is open there.
        entry->Descriptor = -1;
        fill(entry);
        while (_ring.Count() == 0) _ring.SubmitAndWait(-1);
        int result = _ring.Take(0)->Result;
        _ring.Advance(1);
        return result;
    }

    private delegate void FillEntry(SubmissionEntry* entry);
}
