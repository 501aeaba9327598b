namespace UserProxy.App.Servers.Glance;

/// <summary>How many endpoints may have rates. One thread.</summary>
internal sealed class EndpointPlaces(int most)
{
    public int Free { get; private set; } = most;

    public bool TryTake()
    {
        if (Free == 0) return false;
        Free--;
        return true;
    }

    public void Return(int count) => Free += count;
}
