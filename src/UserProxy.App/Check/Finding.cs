namespace UserProxy.App.Check;

/// <summary>One thing that <c>check</c> has to say.</summary>
/// <param name="Place"><c>file:line</c>, or the file alone.</param>
/// <param name="Reason">In words.</param>
/// <param name="Kind">How bad it is.</param>
internal sealed record Finding(string Place, string Reason, FindingKind Kind = FindingKind.Problem)
{
    /// <summary>The form that editors and terminals turn into a link.</summary>
    public override string ToString() => $"{Place}: {Word}{Reason}";

    private string Word => Kind switch
    {
        FindingKind.Note => "note: ",
        FindingKind.Warning => "warning: ",
        _ => "",
    };
}
