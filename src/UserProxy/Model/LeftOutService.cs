namespace UserProxy.Model;

/// <summary>A Service that is declared and has no port in the table, for whoever looks for it (<c>explain</c>, <c>check</c>).</summary>
/// <param name="Namespace">Of the Service.</param>
/// <param name="Name">Of the Service.</param>
/// <param name="Because">Why nothing of it is served here: headless, another proxy's, without ports.</param>
public readonly record struct LeftOutService(string Namespace, string Name, string Because);
