using System.Text;

namespace UserProxy.Kubernetes.Tests.Manifests;

/// <summary>
/// A YAML text with a few bytes overwritten by what means something in YAML, and cut short now and then. By a fixed seed: a failure comes back.
/// </summary>
internal static class Damage
{
    private static readonly byte[] Alphabet = "{}[]:,-&*!|>'\"#%@`? \n\t0a<\\~\0\u00e9"u8.ToArray();

    public static IEnumerable<byte[]> Of(string text, int rounds)
    {
        var random = new Random(20_24);
        for (int round = 0; round < rounds; round++)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            for (int damage = random.Next(1, 6); damage > 0; damage--) bytes[random.Next(bytes.Length)] = Alphabet[random.Next(Alphabet.Length)];
            if (random.Next(4) == 0) bytes = bytes[..random.Next(bytes.Length)];
            yield return bytes;
        }
    }
}
