
using UserProxy.Linux.PortInspection;

namespace UserProxy.App.Inspect;

/// <summary>What one listening socket shows by itself. Made by <see cref="ListenerClassifier"/>.</summary>
/// <param name="Listener">The socket.</param>
/// <param name="Accepts">Null when nothing shows it.</param>
/// <param name="IsCertain">See <see cref="Judgement"/>.</param>
/// <param name="Reason">In words.</param>
internal readonly record struct ListenerJudgement(SocketRow Listener, bool? Accepts, bool IsCertain, string Reason);
