namespace UserProxy.Scheduling;

/// <summary>
/// wrr: every endpoint as often as its weight says, without bursts. The endpoints lie on a circle of W positions (W = sum of the weights),
/// each as wide as its weight, and turn t stands at position t * stride mod W.
/// <para>
/// Exact: the stride has no common divisor with W, so any W turns in a row visit every position once. Smooth: the stride is about W / phi, and a golden-ratio
/// walk around a circle always lands in the widest gap that it has left (three-distance theorem). So the visits to one arc are spaced out over the cycle.
/// Lock-free: where a turn stands depends on nothing but the turn.
/// </para>
/// </summary>
internal sealed class WeightedRoundRobinScheduler : Scheduler
{
    /// <summary>On each side of W / phi; with 32, terms up to 12 remain for the most awkward sums and 4 for most.</summary>
    private const ulong StridesTried = 32;

    /// <summary>Where the arc of each endpoint ends: the sum of the weights up to and with its own.</summary>
    private readonly ulong[] _ends;

    private readonly ulong _circle;
    private readonly ulong _stride;

    public WeightedRoundRobinScheduler(int[] weights)
    {
        // A common divisor would only make the cycle longer: 100:100 is 1:1.
        ulong divisor = 0;
        foreach (int weight in weights) divisor = GreatestCommonDivisor((ulong)weight, divisor);
        _ends = new ulong[weights.Length];
        for (int i = 0; i < weights.Length; i++) _ends[i] = _circle += (ulong)weights[i] / divisor;
        _stride = Stride(_circle);
    }

    public override int Choose(in Candidates candidates, ClientKey client, ulong turn)
    {
        // No overflow below 2^32, which 65,537 endpoints of the greatest weight would exceed; above it only exactness is lost.
        ulong position = turn % _circle * _stride % _circle;
        int index = IndexAt(position);
        return candidates.Allows(index) ? index : Substitute(candidates, turn);
    }

    private int IndexAt(ulong position)
    {
        int low = 0, high = _ends.Length - 1;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (position < _ends[middle]) high = middle;
            else low = middle + 1;
        }

        return low;
    }

    /// <summary>
    /// A turn of an endpoint that is aside goes to any of the others by their weights. By chance: these turns are a regular subset of all,
    /// and a rule that is regular too would favour some.
    /// </summary>
    private int Substitute(in Candidates candidates, ulong turn)
    {
        ulong allowed = 0;
        for (int i = 0; i < _ends.Length; i++)
        {
            if (candidates.Allows(i)) allowed += WeightOf(i);
        }

        ulong draw = TurnDraw.Scale(TurnDraw.Bits(turn), allowed);
        int found = -1;
        for (int i = 0; i < _ends.Length; i++)
        {
            if (!candidates.Allows(i)) continue;
            found = i;
            if (draw < WeightOf(i)) break;
            draw -= WeightOf(i);
        }

        return found;
    }

    private ulong WeightOf(int index) => index == 0 ? _ends[0] : _ends[index] - _ends[index - 1];

    /// <summary>
    /// Of the strides near W / phi that share no divisor with W, the one most like the golden ratio: the nearest alone may be nearly a
    /// simple fraction of W and then visit in clusters.
    /// </summary>
    private static ulong Stride(ulong circle)
    {
        ulong golden = TurnDraw.Scale(TurnDraw.Golden, circle), best = 1, bestQuotient = ulong.MaxValue;
        ulong last = Math.Min(golden + StridesTried, circle);
        for (ulong stride = golden > StridesTried ? golden - StridesTried : 1; stride <= last; stride++)
        {
            ulong quotient = GreatestQuotient(circle, stride);
            if (quotient < bestQuotient) (best, bestQuotient) = (stride, quotient);
        }

        return best;
    }

    /// <summary>
    /// The greatest term of the continued fraction of circle / stride; the golden ratio has only ones, and a great term is a near-repetition.
    /// Without end when the two have a common divisor.
    /// </summary>
    private static ulong GreatestQuotient(ulong circle, ulong stride)
    {
        ulong greatest = 0;
        while (stride != 0)
        {
            greatest = Math.Max(greatest, circle / stride);
            (circle, stride) = (stride, circle % stride);
        }

        return circle == 1 ? greatest : ulong.MaxValue;
    }

    private static ulong GreatestCommonDivisor(ulong a, ulong b)
    {
        while (b != 0) (a, b) = (b, a % b);
        return a;
    }
}
