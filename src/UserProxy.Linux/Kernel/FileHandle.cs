using Microsoft.Win32.SafeHandles;

namespace UserProxy.Linux.Kernel;

/// <summary>
/// Owns one descriptor: closed exactly once, by its owner or at last by the finalizer. The owner keeps the number for its calls, which is
/// safe because only the owner closes.
/// </summary>
internal sealed class FileHandle : SafeHandleMinusOneIsInvalid
{
    public FileHandle(int descriptor)
        : base(ownsHandle: true) => SetHandle(descriptor);

    /// <summary>The descriptor's number; not to be used after Dispose.</summary>
    public int Descriptor => (int)handle;

    protected override bool ReleaseHandle() => Libc.Close((int)handle) == 0;
}
