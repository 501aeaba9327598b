namespace UserProxy.App.Inspect;

/// <summary>
/// The output could not be written: 1, as with every command. Any other fault of a file or a socket is no answer to what was asked: 2.
/// </summary>
internal sealed class UnwrittenException(IOException cause) : IOException(cause.Message, cause.HResult)
{
    /// <exception cref="UnwrittenException">What <paramref name="write"/> wrote to cannot be written to.</exception>
    public static async Task WriteAsync(Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (IOException e)
        {
            throw new UnwrittenException(e);
        }
    }
}
