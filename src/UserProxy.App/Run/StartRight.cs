using Microsoft.Extensions.Logging;
using UserProxy.App.Configuration;
using UserProxy.App.Run.HandOver;
using UserProxy.Linux.Host;

namespace UserProxy.App.Run;

/// <summary>
/// The right of a <c>run</c> to serve this node: because nobody does, or because whoever does hands over. Taken first by <see cref="NodeAgent"/>.
/// </summary>
/// <param name="Lock">Held until the process ends.</param>
/// <param name="Predecessor">Serves, and hands over; null when nobody does.</param>
internal sealed record StartRight(InstanceLock Lock, Predecessor? Predecessor) : IDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// For 5 s: one that starts, or takes over itself, has the locks before it offers anything, and of one that ends they go last.
    /// </summary>
    private const int LooksWhereNobodyOffers = 25;

    /// <summary>Null, and said why, when another process serves and goes on to.</summary>
    public static async Task<StartRight?> TakeAsync(RunOptions options, ILogger log, TimeProvider time, CancellationToken stop)
    {
        int looks = 1;
        for (bool isFirst = true; ; isFirst = false)
        {
            if (!InstanceLock.TryTake(options.AdminSocket, log, time, out var taken, out var holder)) return null;
            if (taken is not null) return new StartRight(taken, null);
            if (options.Takeover != TakeoverChoice.Off)
            {
                // Again each time: who starts itself has a lock before it has anything to hand over.
                var (met, isOffering) = await PredecessorFinder.TryConnectAsync(options.AdminSocket, isFirst, log, time, stop);
                if (met is not null) return new StartRight(InstanceLock.Of(met.Instance), met);
                if (isFirst && !isOffering) looks = LooksWhereNobodyOffers;
            }

            if (options.Takeover is TakeoverChoice.Try or TakeoverChoice.Off && --looks <= 0)
            {
                log.AlreadyRunning(holder.ToString(), options.AdminSocket);
                return null;
            }

            if (isFirst && options.Takeover is TakeoverChoice.Wait or TakeoverChoice.Force) WaitFor(holder);
            await Task.Delay(LookEvery, time, stop);
        }

        void WaitFor(LockHolder holder)
        {
            bool isAsked = options.Takeover == TakeoverChoice.Force && holder.TryAskToEnd();
            if (isAsked) log.EndingPredecessor(holder.ToString());
            else log.WaitingForPredecessor(holder.ToString());
        }
    }

    public void Dispose()
    {
        Predecessor?.Dispose();
        Lock.Dispose();
    }
}
