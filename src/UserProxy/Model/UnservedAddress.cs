namespace UserProxy.Model;

/// <summary>An address that a Service port has and that is not listened on here, for <c>list</c> and <c>explain</c>.</summary>
/// <param name="Address">Where clients would go.</param>
/// <param name="Because">Why not, in words: a setting, a conflict, or what the object says.</param>
public readonly record struct UnservedAddress(ListenAddress Address, string Because);
