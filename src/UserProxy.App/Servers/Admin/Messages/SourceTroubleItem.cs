namespace UserProxy.App.Servers.Admin.Messages;

/// <summary>What is served is as old as this: its source cannot be read or followed now. In every answer, and absent while all is well.</summary>
/// <param name="Kind"><c>unreadable</c>: files; <c>unreachable</c>: an API server.</param>
/// <param name="Message">What keeps it from being read, in words.</param>
/// <param name="Since">When that began.</param>
/// <param name="AsOfSeconds">How long ago the source was last heard of; null where that is not known, or it never was.</param>
internal sealed record SourceTroubleItem(string Kind, string Message, DateTimeOffset? Since, double? AsOfSeconds);

/// <summary>A Service that is declared and of which nothing is served here.</summary>
/// <param name="Namespace">Of the Service.</param>
/// <param name="Name">Of the Service.</param>
/// <param name="Reason">Why, in words.</param>
internal sealed record LeftOutItem(string Namespace, string Name, string Reason);

/// <summary>An address of a Service that is not listened on here.</summary>
/// <param name="Kind">As in <see cref="ListenerItem"/>.</param>
/// <param name="Address">IP.</param>
/// <param name="Port">Port.</param>
/// <param name="Reason">Why not, in words.</param>
internal sealed record UnservedItem(string Kind, string Address, int Port, string Reason);
