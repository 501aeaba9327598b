using System.Buffers.Binary;
using System.Net.Sockets;
using UserProxy.Linux.Kernel;

namespace UserProxy.Linux.Host;

/// <summary>Who holds a <see cref="NamespaceLock"/>, by what the kernel says of the other end (unix(7), SO_PEERCRED).</summary>
/// <param name="Pid">0 when it lives in another container, whose processes are not seen here.</param>
/// <param name="Uid">Of its user, as it is called here.</param>
public readonly record struct LockHolder(int Pid, int Uid)
{
    public const int Root = 0;

    /// <summary>CAP_NET_ADMIN of capabilities(7).</summary>
    private const int NetAdmin = 12;

    /// <summary>It may change the node's network. In a user namespace of its own everybody has all powers, but over that alone.</summary>
    public bool IsNetworkAdmin =>
        Pid > 0 && OwnerOfPowers(Pid) is { } owner && owner == OwnerOfPowers(Environment.ProcessId) && (Powers(Pid) & (1UL << NetAdmin)) != 0;

    /// <summary>SIGTERM. False when it cannot be sent: it is another user's, or in another container.</summary>
    public bool TryAskToEnd() => Pid > 0 && Libc.Terminate(Pid) >= 0;

    /// <summary>Its user is ours, or root.</summary>
    public bool IsOneOfUs => Uid == Root || Uid == Libc.EffectiveUser();

    /// <summary>Of a connected Unix socket.</summary>
    internal static LockHolder Of(Socket connected)
    {
        const int SolSocket = 1, SoPeerCred = 17;
        Span<byte> credentials = stackalloc byte[12]; // struct ucred: pid, uid, gid
        connected.GetRawSocketOption(SolSocket, SoPeerCred, credentials);
        return new LockHolder(BinaryPrimitives.ReadInt32LittleEndian(credentials), BinaryPrimitives.ReadInt32LittleEndian(credentials[4..]));
    }

    public override string ToString() => Pid > 0 ? $"pid {Pid}" : "in another container";

    private static string? OwnerOfPowers(int pid)
    {
        try
        {
            return new FileInfo($"/proc/{pid}/ns/user").LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static ulong Powers(int pid)
    {
        const string Field = "CapEff:";
        try
        {
            string? line = File.ReadLines($"/proc/{pid}/status").FirstOrDefault(line => line.StartsWith(Field, StringComparison.Ordinal));
            return line is null ? 0 : Convert.ToUInt64(line[Field.Length..].Trim(), 16);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
