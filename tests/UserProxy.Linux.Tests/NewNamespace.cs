using System.ComponentModel;
using System.Runtime.InteropServices;

namespace UserProxy.Linux.Tests;

/// <summary>
/// Runs something in a network namespace of its own. Sockets belong to the namespace of the thread that makes them, and to that thread the namespace: it is
/// thrown away.
/// </summary>
internal static class NewNamespace
{
    private const int CloneNewNet = 0x40000000;

    public static T Run<T>(Func<T> work)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "network namespaces need root");
        T? result = default;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                if (Unshare(CloneNewNet) != 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
                result = work();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? result! : throw new InvalidOperationException($"no namespace: {failure.Message}", failure);
    }

    [DllImport("libc", EntryPoint = "unshare", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Unshare(int flags);
}
