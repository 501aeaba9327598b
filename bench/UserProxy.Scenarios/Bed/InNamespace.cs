using System.ComponentModel;
using System.Runtime.InteropServices;

namespace UserProxy.Scenarios.Bed;

/// <summary>
/// Work inside a network namespace. A socket belongs to the namespace of the thread that made it (setns(2)), whoever uses it later; the thread is thrown
/// away with the work.
/// </summary>
internal static class InNamespace
{
    private const int CloneNewNet = 0x40000000;

    public static Task<T> RunAsync<T>(string name, Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                using var file = File.OpenHandle($"/run/netns/{name}");
                if (SetNs((int)file.DangerousGetHandle(), CloneNewNet) != 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
                done.SetResult(work());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        })
        {
            IsBackground = true, // Ctrl-C does not wait for a load
        };
        thread.Start();
        return done.Task;
    }

    [DllImport("libc", EntryPoint = "setns", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetNs(int descriptor, int type);
}
