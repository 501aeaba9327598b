namespace UserProxy.App.Servers.Page;

/// <summary>One file of the status page, as it is in the executable.</summary>
/// <param name="Type">MIME type.</param>
/// <param name="Body">A few kilobytes.</param>
internal sealed record PageFile(string Type, byte[] Body)
{
    public static PageFile Read(string name, string type)
    {
        using var resource = typeof(PageFile).Assembly.GetManifestResourceStream($"page/{name}")!;
        byte[] body = new byte[resource.Length];
        resource.ReadExactly(body);
        return new PageFile(type, body);
    }
}
