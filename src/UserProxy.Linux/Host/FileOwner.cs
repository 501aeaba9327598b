using System.Buffers.Binary;
using UserProxy.Linux.Kernel;

namespace UserProxy.Linux.Host;

/// <summary>Whose a file is, which .NET does not tell. Asked by the executable for the folder of its admin socket and for its snapshot.</summary>
public static class FileOwner
{
    /// <summary>The number of the user whose files this process makes.</summary>
    public static int OfThisProcess => Libc.EffectiveUser();

    /// <summary>
    /// The user's number; null when there is no such file, or, of the build that compiles as it runs, a libc before statx (glibc 2.28, musl 1.2.5).
    /// </summary>
    public static unsafe int? Of(string path)
    {
        // struct statx of statx(2): 256 bytes, the owner behind four fields of 20 bytes.
        const int Length = 256, Owner = 20;
        byte* facts = stackalloc byte[Length];
        try
        {
            return Libc.Statx(path, facts) < 0 ? null : BinaryPrimitives.ReadInt32LittleEndian(new ReadOnlySpan<byte>(facts + Owner, sizeof(int)));
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
    }
}
