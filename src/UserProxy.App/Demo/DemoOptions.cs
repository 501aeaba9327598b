namespace UserProxy.App.Demo;

/// <summary>What the user asked of the demo. <paramref name="Port"/> null: the usual one, or a free one; <paramref name="Limit"/> null: until told.</summary>
internal sealed record DemoOptions(int? Port, TimeSpan? Limit, bool Script)
{
    public const int UsualPort = 30080;
}
