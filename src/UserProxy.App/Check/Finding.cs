namespace UserProxy.App.Check;

/// <summary>One thing that <c>check</c> has to say. <paramref name="Place"/> is <c>file:line</c>, or the file alone; a note is no fault.</summary>
internal sealed record Finding(string Place, string Reason, bool IsNote = false)
{
    /// <summary>The form that editors and terminals turn into a link.</summary>
    public override string ToString() => $"{Place}: {(IsNote ? "note: " : "")}{Reason}";
}
