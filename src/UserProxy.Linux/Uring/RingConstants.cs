namespace UserProxy.Linux.Uring;

/// <summary>The numbers of linux/io_uring.h that are used here.</summary>
internal static class RingConstants
{
    public const byte OpPollAdd = 6, OpAsyncCancel = 14, OpConnect = 16, OpClose = 19, OpSend = 26, OpReceive = 27, OpCommand = 46;

    public const byte EntryBufferSelect = 1 << 5, EntrySkipSuccess = 1 << 6;

    public const uint SetupCompletionSize = 1 << 3, SetupClamp = 1 << 4, SetupDisabled = 1 << 6, SetupSubmitAll = 1 << 7, SetupCooperative = 1 << 8,
        SetupSingleIssuer = 1 << 12, SetupDeferTaskrun = 1 << 13;

    public const uint FeatureSingleMap = 1 << 0, FeatureNoDrop = 1 << 1, FeatureFastPoll = 1 << 5, FeatureWaitArgument = 1 << 8, FeatureSkipSuccess = 1 << 11,
        FeatureNoIoWait = 1 << 17;

    public const uint EnterGetEvents = 1 << 0, EnterWaitArgument = 1 << 3, EnterRegisteredRing = 1 << 4, EnterNoIoWait = 1 << 7;

    public const uint RegisterRestrictions = 11, RegisterEnableRings = 12, RegisterRingDescriptors = 20, UnregisterRingDescriptors = 21,
        RegisterBufferRing = 22;

    public const ushort RestrictionRegister = 0, RestrictionOperation = 1, RestrictionFlagsAllowed = 2;

    public const ushort PollFirst = 1 << 0, ReceiveMultishot = 1 << 1;

    public const uint PollMultishot = 1 << 0;

    /// <summary>Of a command to a socket: setsockopt(2), since Linux 6.7.</summary>
    public const ulong SocketSetOption = 3;

    public const uint CompletionBuffer = 1 << 0, CompletionMore = 1 << 1;

    public const int CompletionBufferShift = 16;

    public const long MapRings = 0, MapEntries = 0x10000000;
}
