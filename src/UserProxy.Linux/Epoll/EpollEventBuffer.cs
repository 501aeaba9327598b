using System.Runtime.InteropServices;

namespace UserProxy.Linux.Epoll;

/// <summary>
/// The array of struct epoll_event that epoll_wait(2) fills for one loop. The struct is packed on x86-64 (12 bytes) and naturally aligned
/// elsewhere (16), so it is read by offset. Lives as long as its loop.
/// </summary>
internal sealed unsafe class EpollEventBuffer : IDisposable
{
    public const int Capacity = 256;

    /// <summary>Bytes of one struct epoll_event.</summary>
    public static readonly int Stride = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    private byte* _events = (byte*)NativeMemory.AllocZeroed((nuint)(Capacity * Stride));

    public byte* Pointer => _events;

    public uint Mask(int index) => *(uint*)(_events + (index * Stride));

    public ulong Data(int index) => ReadData(_events + (index * Stride));

    public static void Write(byte* registration, uint mask, ulong data)
    {
        *(uint*)registration = mask;
        *(ulong*)(registration + Stride - sizeof(ulong)) = data;
    }

    public void Dispose()
    {
        NativeMemory.Free(_events);
        _events = null;
    }

    private static ulong ReadData(byte* registration) => *(ulong*)(registration + Stride - sizeof(ulong));
}
