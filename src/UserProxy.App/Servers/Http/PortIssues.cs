using System.Collections.Concurrent;
using UserProxy.Model;

namespace UserProxy.App.Servers.Http;

/// <summary>
/// Ports of the node agent's own HTTP servers that cannot be had now, or not on all addresses, for <c>/v1/status</c> and <c>explain</c>. Written by those that
/// listen, read by the admin socket.
/// </summary>
internal sealed class PortIssues
{
    private readonly ConcurrentDictionary<(string Subject, string What), TableIssue> _issues = [];

    public IEnumerable<TableIssue> Now => _issues.Values;

    /// <param name="subject">The node or the Service that it is about.</param>
    /// <param name="reason">As its Event has it.</param>
    /// <param name="what">Tells the ports of one subject apart.</param>
    /// <param name="message">Null when all is well.</param>
    public void Set(string subject, string reason, string what, string? message)
    {
        if (message is null) _issues.TryRemove((subject, what), out _);
        else _issues[(subject, what)] = new TableIssue(subject, reason, message);
    }
}
