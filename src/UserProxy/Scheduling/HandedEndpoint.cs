using System.Net;

namespace UserProxy.Scheduling;

/// <summary>What is known of one endpoint, on its way to another process.</summary>
/// <param name="Address">Where it is dialled.</param>
/// <param name="FailuresInARow">Since its last success.</param>
/// <param name="Ejections">Likewise.</param>
/// <param name="AsideFor">How long it is put aside still.</param>
/// <param name="LastDial">How its last dial ended.</param>
/// <param name="FailingFor">Since the first failure of a row; means nothing without one.</param>
/// <param name="Figures">Connections, failed dials, bytes in and out; null where they are not told.</param>
public readonly record struct HandedEndpoint(
    IPEndPoint Address, int FailuresInARow, int Ejections, TimeSpan AsideFor, LastDial LastDial, TimeSpan FailingFor, long[]? Figures);
