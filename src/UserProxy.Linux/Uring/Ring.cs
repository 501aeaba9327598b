using System.Runtime.CompilerServices;
using UserProxy.Linux.Kernel;
using static UserProxy.Linux.Uring.RingConstants;

namespace UserProxy.Linux.Uring;

/// <summary>
/// One io_uring(7): entries go in, completions come out, by memory that is shared with the kernel. Made on any thread and used by the one that calls
/// <see cref="Enable"/>. It may do only the operations that are used here: whoever gets hold of the descriptor cannot open files with it.
/// </summary>
internal sealed unsafe class Ring : IDisposable
{
    /// <summary>Entries between two calls of the kernel; more are submitted early.</summary>
    public const uint MostEntries = 2048, LeastEntries = 128;

    /// <summary>
    /// Completions for each entry. What does not fit waits in the kernel and ends multishot operations, which are then asked for again.
    /// </summary>
    private const uint CompletionsPerEntry = 8;

    /// <summary>A submission entry, its place in the order, and its completions; the pages' ends come to the rest.</summary>
    private const uint BytesPerEntry = 64 + 4 + (CompletionsPerEntry * 16) + 12;

    /// <summary>Calls in a row by which the kernel may take nothing: it is out of memory.</summary>
    private const int MostTries = 1000;

    private const uint SetupFlags =
        SetupSingleIssuer | SetupDeferTaskrun | SetupCooperative | SetupSubmitAll | SetupCompletionSize | SetupClamp | SetupDisabled;

    private const uint Needed = FeatureSingleMap | FeatureNoDrop | FeatureFastPoll | FeatureWaitArgument | FeatureSkipSuccess;

    private readonly FileHandle _handle;
    private readonly byte* _rings;
    private readonly nuint _ringsLength;
    private readonly SubmissionEntry* _entries;
    private readonly nuint _entriesLength;
    private readonly uint* _submissionHead;
    private readonly uint* _submissionTail;
    private readonly uint _submissionMask;
    private readonly uint* _completionHead;
    private readonly uint* _completionTail;
    private readonly uint _completionMask;
    private readonly CompletionEntry* _completions;
    private readonly uint _enterFlags;
    private int _enterDescriptor;
    private uint _enterRegistered;
    private uint _registeredAt;
    private uint _tail;
    private uint _submitted;
    private bool _disposed;

    /// <summary>PlatformNotSupportedException with the reason where it cannot be had.</summary>
    /// <param name="entries">Between two calls of the kernel: a power of two.</param>
    public Ring(uint entries = MostEntries)
    {
        RingParameters parameters = default;
        parameters.Flags = SetupFlags;
        parameters.CompletionEntries = CompletionsPerEntry * entries;
        int descriptor = Libc.RingSetup(entries, &parameters);
        if (descriptor < 0) throw Refusal(-descriptor);
        _handle = new FileHandle(descriptor);
        try
        {
            if ((parameters.Features & Needed) != Needed) throw Refusal(Errno.EINVAL);
            _ringsLength = Math.Max(
                parameters.Submission.Array + (parameters.SubmissionEntries * sizeof(uint)),
                parameters.Completion.Entries + (parameters.CompletionEntries * (uint)sizeof(CompletionEntry)));
            _rings = Map(_ringsLength, descriptor, MapRings);
            _entriesLength = parameters.SubmissionEntries * (nuint)sizeof(SubmissionEntry);
            _entries = (SubmissionEntry*)Map(_entriesLength, descriptor, MapEntries);
            Restrict();
            // A seccomp profile may let a ring be made and refuse to enter it. One that is not enabled yet is no error of ours (EBADFD).
            int entered = Libc.RingEnter(descriptor, 0, 0, 0, null, 0);
            if (entered is -Errno.EPERM or -Errno.EACCES or -Errno.ENOSYS) throw Refusal(-entered);
        }
        catch
        {
            Dispose();
            throw;
        }

        _submissionHead = (uint*)(_rings + parameters.Submission.Head);
        _submissionTail = (uint*)(_rings + parameters.Submission.Tail);
        _submissionMask = parameters.SubmissionEntries - 1;
        _completionHead = (uint*)(_rings + parameters.Completion.Head);
        _completionTail = (uint*)(_rings + parameters.Completion.Tail);
        _completionMask = parameters.CompletionEntries - 1;
        _completions = (CompletionEntry*)(_rings + parameters.Completion.Entries);
        uint* order = (uint*)(_rings + parameters.Submission.Array);
        for (uint i = 0; i < parameters.SubmissionEntries; i++) order[i] = i;
        _enterFlags = EnterGetEvents | EnterWaitArgument | ((parameters.Features & FeatureNoIoWait) != 0 ? EnterNoIoWait : 0);
        _enterDescriptor = descriptor;
    }

    /// <summary>
    /// How many entries each of so many rings may have, that all fit into <paramref name="lockedBytes"/> (RLIMIT_MEMLOCK, against which kernels from 6.14 on
    /// count them) twice: a ring that takes the place of a broken one is counted beside it for a while.
    /// </summary>
    public static uint EntriesFor(int rings, ulong lockedBytes)
    {
        uint entries = MostEntries;
        while (entries > LeastEntries && 2ul * (uint)rings * entries * BytesPerEntry > lockedBytes) entries /= 2;
        return entries;
    }

    /// <summary>The calling thread is the one that uses it from now on.</summary>
    public void Enable()
    {
        Check(Libc.RingRegister(_handle.Descriptor, RegisterEnableRings, null, 0));
        var registration = new RingDescriptorRegistration { Offset = uint.MaxValue, Data = (ulong)_handle.Descriptor };
        // It saves the look-up of the descriptor in every call; a kernel without it looks it up.
        if (Libc.RingRegister(_handle.Descriptor, RegisterRingDescriptors, &registration, 1) != 1) return;
        _registeredAt = registration.Offset;
        _enterDescriptor = (int)registration.Offset;
        _enterRegistered = EnterRegisteredRing;
    }

    /// <summary>The opposite of <see cref="Enable"/>, on the same thread, which would keep the ring alive as long as it lives.</summary>
    public void Disable()
    {
        if (_enterRegistered == 0) return;
        var registration = new RingDescriptorRegistration { Offset = _registeredAt };
        _ = Libc.RingRegister(_handle.Descriptor, UnregisterRingDescriptors, &registration, 1);
        _enterRegistered = 0;
    }

    public void Register(uint operation, void* argument, uint count) => Check(Libc.RingRegister(_handle.Descriptor, operation, argument, count));

    /// <summary>An empty entry for the next submission, to be filled at once.</summary>
    public SubmissionEntry* Next()
    {
        for (int tries = 0; _tail - Volatile.Read(ref *_submissionHead) > _submissionMask; tries++)
        {
            if (tries == MostTries) throw new RingException("the kernel takes no more entries");
            Submit();
        }

        var entry = &_entries[_tail & _submissionMask];
        Unsafe.InitBlockUnaligned(entry, 0, (uint)sizeof(SubmissionEntry));
        _tail++;
        return entry;
    }

    /// <summary>
    /// Submits what has been asked for and has the kernel do what is due. Waits for a completion when there is none, at most
    /// <paramref name="timeoutMilliseconds"/>; minus one is for ever.
    /// </summary>
    public void SubmitAndWait(int timeoutMilliseconds)
    {
        var time = new KernelTime { Seconds = timeoutMilliseconds / 1000, Nanoseconds = timeoutMilliseconds % 1000 * 1_000_000L };
        var argument = new WaitArgument { Timeout = timeoutMilliseconds < 0 ? 0 : (ulong)&time };
        bool wait = timeoutMilliseconds != 0 && *_completionHead == Volatile.Read(ref *_completionTail);
        Enter(wait ? 1u : 0, _enterFlags, &argument, (nuint)sizeof(WaitArgument));
    }

    /// <summary>Submits what has been asked for, and waits for nothing.</summary>
    public void Submit()
    {
        if (_tail != _submitted) Enter(0, 0, null, 0);
    }

    /// <summary>The completions that are there, in order; <see cref="Take"/> gives each and <see cref="Advance"/> gives their places back.</summary>
    public uint Count() => Volatile.Read(ref *_completionTail) - *_completionHead;

    public CompletionEntry* Take(uint index) => &_completions[(*_completionHead + index) & _completionMask];

    public void Advance(uint count) => Volatile.Write(ref *_completionHead, *_completionHead + count);

    /// <summary>For a ring that broke: does the closes that the kernel has not been given, by close(2).</summary>
    public void CloseUnsubmitted()
    {
        for (uint i = Volatile.Read(ref *_submissionHead); i != _tail; i++)
        {
            var entry = _entries[i & _submissionMask];
            if (entry.Operation == OpClose) Libc.Close(entry.Descriptor);
        }
    }

    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _handle.Dispose();
        if (_rings is not null) Libc.Unmap(_rings, _ringsLength);
        if (_entries is not null) Libc.Unmap((byte*)_entries, _entriesLength);
    }

    /// <summary>For tests: the next call of the kernel fails, as with one that is at fault.</summary>
    internal void Break() => _enterDescriptor = -1;


    private void Enter(uint waitFor, uint flags, void* argument, nuint length)
    {
        Volatile.Write(ref *_submissionTail, _tail);
        int result = Libc.RingEnter(_enterDescriptor, _tail - _submitted, waitFor, flags | _enterRegistered, argument, length);
        // Interrupted, at the end of its time, short of memory for the moment, or with completions to be taken first: what was not submitted stays in the ring.
        if (result is < 0 and not (-Errno.EINTR or -Errno.ETIME or -Errno.EAGAIN or -Errno.EBUSY)) throw new RingException($"io_uring_enter: errno {-result}");
        _submitted = Volatile.Read(ref *_submissionHead);
    }

    /// <summary>Before the ring is enabled, and for its whole life.</summary>
    private void Restrict()
    {
        ReadOnlySpan<(ushort Kind, byte Value)> allowed =
        [
            (RestrictionOperation, OpPollAdd), (RestrictionOperation, OpAsyncCancel), (RestrictionOperation, OpConnect),
            (RestrictionOperation, OpSend), (RestrictionOperation, OpReceive), (RestrictionOperation, OpClose), (RestrictionOperation, OpCommand),
            (RestrictionFlagsAllowed, EntryBufferSelect | EntrySkipSuccess),
            (RestrictionRegister, (byte)RegisterRingDescriptors), (RestrictionRegister, (byte)UnregisterRingDescriptors),
            (RestrictionRegister, (byte)RegisterBufferRing),
        ];
        var restrictions = stackalloc Restriction[allowed.Length];
        for (int i = 0; i < allowed.Length; i++) restrictions[i] = new Restriction { Kind = allowed[i].Kind, Value = allowed[i].Value };
        Register(RegisterRestrictions, restrictions, (uint)allowed.Length);
    }

    private static byte* Map(nuint length, int descriptor, long offset)
    {
        byte* address = Libc.Map(length, Libc.MAP_SHARED | Libc.MAP_POPULATE, descriptor, offset, out int error);
        return address is not null ? address : throw Errno.ToException(error);
    }

    private static PlatformNotSupportedException Refusal(int errno) => errno switch
    {
        Errno.ENOSYS => new PlatformNotSupportedException("there is no io_uring here (ENOSYS: a seccomp profile hides it, or the kernel has none)"),
        Errno.EINVAL => new PlatformNotSupportedException("io_uring of this kernel is too old (EINVAL; Linux 6.1 has what is needed)"),
        Errno.EPERM => new PlatformNotSupportedException("io_uring is forbidden here (EPERM: a seccomp profile, or kernel.io_uring_disabled)"),
        Errno.EACCES => new PlatformNotSupportedException("io_uring is forbidden here (EACCES: a security module, as SELinux)"),
        Errno.ENOMEM => new PlatformNotSupportedException("there is no memory for io_uring (ENOMEM: RLIMIT_MEMLOCK, or the cgroup's limit)"),
        Errno.EMFILE or Errno.ENFILE => new PlatformNotSupportedException("there is no descriptor for io_uring (EMFILE)"),
        _ => new PlatformNotSupportedException($"io_uring cannot be set up (errno {errno})"),
    };

    private static void Check(int result)
    {
        if (result < 0) throw Refusal(-result);
    }
}

/// <summary>The ring is of no use any more; its loop makes a new one.</summary>
internal sealed class RingException(string message) : Exception(message);
