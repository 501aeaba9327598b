using System.Runtime.InteropServices;
using UserProxy.Linux.Uring;

namespace UserProxy.Linux.Tests.Uring;

/// <summary>Sizes and places of linux/io_uring.h, the same on x86-64 and arm64.</summary>
public sealed class RingStructureTests
{
    [Theory]
    [InlineData(typeof(SubmissionEntry), 64)]
    [InlineData(typeof(CompletionEntry), 16)]
    [InlineData(typeof(SubmissionOffsets), 40)]
    [InlineData(typeof(CompletionOffsets), 40)]
    [InlineData(typeof(RingParameters), 120)]
    [InlineData(typeof(WaitArgument), 24)]
    [InlineData(typeof(KernelTime), 16)]
    [InlineData(typeof(ProvidedBuffer), 16)]
    [InlineData(typeof(BufferRingRegistration), 40)]
    [InlineData(typeof(RingDescriptorRegistration), 16)]
    [InlineData(typeof(Restriction), 16)]
    public void Size_IsTheKernels(Type structure, int size) => Marshal.SizeOf(structure).ShouldBe(size);

    [Theory]
    [InlineData(typeof(SubmissionEntry), nameof(SubmissionEntry.Mode), 2)]
    [InlineData(typeof(SubmissionEntry), nameof(SubmissionEntry.Descriptor), 4)]
    [InlineData(typeof(SubmissionEntry), nameof(SubmissionEntry.Offset), 8)]
    [InlineData(typeof(SubmissionEntry), nameof(SubmissionEntry.Address), 16)]
    [InlineData(typeof(SubmissionEntry), nameof(SubmissionEntry.Length), 24)]
    [InlineData(typeof(SubmissionEntry), nameof(SubmissionEntry.OperationFlags), 28)]
    [InlineData(typeof(SubmissionEntry), nameof(SubmissionEntry.UserData), 32)]
    [InlineData(typeof(SubmissionEntry), nameof(SubmissionEntry.BufferGroup), 40)]
    [InlineData(typeof(SubmissionEntry), nameof(SubmissionEntry.OptionLength), 44)]
    [InlineData(typeof(SubmissionEntry), nameof(SubmissionEntry.OptionValue), 48)]
    [InlineData(typeof(CompletionEntry), nameof(CompletionEntry.Result), 8)]
    [InlineData(typeof(CompletionEntry), nameof(CompletionEntry.Flags), 12)]
    [InlineData(typeof(RingParameters), nameof(RingParameters.Features), 20)]
    [InlineData(typeof(RingParameters), nameof(RingParameters.Submission), 40)]
    [InlineData(typeof(RingParameters), nameof(RingParameters.Completion), 80)]
    [InlineData(typeof(SubmissionOffsets), nameof(SubmissionOffsets.Flags), 16)]
    [InlineData(typeof(SubmissionOffsets), nameof(SubmissionOffsets.Array), 24)]
    [InlineData(typeof(CompletionOffsets), nameof(CompletionOffsets.Overflow), 16)]
    [InlineData(typeof(CompletionOffsets), nameof(CompletionOffsets.Entries), 20)]
    [InlineData(typeof(WaitArgument), nameof(WaitArgument.Timeout), 16)]
    [InlineData(typeof(ProvidedBuffer), nameof(ProvidedBuffer.Id), 12)]
    [InlineData(typeof(ProvidedBuffer), nameof(ProvidedBuffer.Tail), 14)]
    [InlineData(typeof(BufferRingRegistration), nameof(BufferRingRegistration.Entries), 8)]
    [InlineData(typeof(BufferRingRegistration), nameof(BufferRingRegistration.Group), 12)]
    [InlineData(typeof(RingDescriptorRegistration), nameof(RingDescriptorRegistration.Data), 8)]
    [InlineData(typeof(Restriction), nameof(Restriction.Value), 2)]
    public void Field_IsWhereTheKernelHasIt(Type structure, string field, int offset) => ((int)Marshal.OffsetOf(structure, field)).ShouldBe(offset);
}
