using UserProxy.App.Servers.Admin.Messages;

namespace UserProxy.App.Top;

/// <summary>What is on the screen when a key is pressed: <see cref="TopState"/> moves within it.</summary>
/// <param name="Answer">What the proxy has said last.</param>
/// <param name="Rows">Services that fit the screen.</param>
internal readonly record struct TopView(GlanceAnswer Answer, int Rows)
{
    /// <summary>Null where the answer does not have that Service, or there is none.</summary>
    public GlanceItem? At(int index)
    {
        int place = index - Answer.Offset;
        return place >= 0 && place < Answer.Services.Count ? Answer.Services[place] : null;
    }
}
