namespace UserProxy.App.Run.HandOver;

/// <summary>
/// The other end of the conversation is closed, or nothing can be said to it: its process has ended, or goes on without. The predecessor serves on in either
/// case; the successor has to know.
/// </summary>
internal sealed class PeerGoneException(string reason) : Exception(reason);
