namespace UserProxy;

/// <summary>What somebody may have meant: <c>lsit</c> is <c>list</c>.</summary>
public static class Nearest
{
    /// <summary>What is longer is no slip of a name, and would take the square of its length to compare.</summary>
    private const int MaxLength = 256;

    /// <summary>Null when nothing is near enough: a wild guess helps nobody.</summary>
    public static string? To(string word, IEnumerable<string> candidates)
    {
        if (word.Length > MaxLength) return null;
        var (nearest, distance) = candidates.Select(candidate => (Word: candidate, Distance: Distance(word, candidate)))
            .OrderBy(candidate => candidate.Distance).FirstOrDefault((Word: "", Distance: int.MaxValue));
        int most = Math.Max(1, Math.Min(word.Length, nearest.Length) / 3);
        if (distance <= most) return nearest;
        return candidates.FirstOrDefault(candidate => word.Length > 2 && candidate.StartsWith(word, StringComparison.Ordinal));
    }

    /// <summary>The same, whatever the case of the letters: <c>servce</c> is <c>Service</c>.</summary>
    public static string? InAnyCase(string word, IReadOnlyCollection<string> candidates) =>
        To(word.ToUpperInvariant(), candidates.Select(candidate => candidate.ToUpperInvariant())) is { } nearest
            ? candidates.First(candidate => candidate.Equals(nearest, StringComparison.OrdinalIgnoreCase))
            : null;

    /// <summary>Letters to add, drop, replace or swap with the next.</summary>
    private static int Distance(string one, string other)
    {
        int[,] least = new int[one.Length + 1, other.Length + 1];
        for (int i = 0; i <= one.Length; i++) least[i, 0] = i;
        for (int j = 0; j <= other.Length; j++) least[0, j] = j;
        for (int i = 1; i <= one.Length; i++)
        {
            for (int j = 1; j <= other.Length; j++)
            {
                int replaced = least[i - 1, j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1);
                least[i, j] = Math.Min(Math.Min(least[i - 1, j], least[i, j - 1]) + 1, replaced);
                if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1]) least[i, j] = Math.Min(least[i, j], least[i - 2, j - 2] + 1);
            }
        }

        return least[one.Length, other.Length];
    }
}
