using System.ComponentModel;
using System.Runtime.InteropServices;

namespace UserProxy.FunctionalTests.Support;

/// <summary>
/// Runs something inside a network namespace. A socket belongs to the namespace of the thread that made it (setns(2)), whoever uses it later, so
/// that thread is thrown away.
/// </summary>
internal static class NamespaceThread
{
    private const int CloneNewNet = 0x40000000;

    /// <param name="name">Of the namespace; empty for the one that this process is in.</param>
    /// <param name="work">What is run there.</param>
    public static T Run<T>(string name, Func<T> work)
    {
        if (name.Length == 0) return work();
        T? result = default;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                using var file = File.OpenHandle($"/run/netns/{name}");
                if (SetNs((int)file.DangerousGetHandle(), CloneNewNet) != 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
                result = work();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? result! : throw new InvalidOperationException($"failed in the namespace {name}: {failure.Message}", failure);
    }

    [DllImport("libc", EntryPoint = "setns", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetNs(int descriptor, int type);
}
