using System.Runtime.InteropServices;

namespace UserProxy.Linux.Loops;

/// <summary>The native memory into which a loop receives.</summary>
internal sealed unsafe class ReceiveBuffer : IDisposable
{
    /// <summary>64 KiB: a read that fills it tells of a bulk transfer, and what must be kept of it fits the bound per direction.</summary>
    public const int Length = 64 * 1024;

    private byte* _bytes = (byte*)NativeMemory.Alloc(Length);

    public byte* Pointer => _bytes;

    public void Dispose()
    {
        NativeMemory.Free(_bytes);
        _bytes = null;
    }
}
