using System.Text;
using UserProxy.Kubernetes.Manifests;
using YamlDotNet.Core;

namespace UserProxy.Kubernetes.Tests.Manifests;

public class BoundedYamlTests
{
    /// <summary>Whoever reads a configuration or a kubeconfig catches YamlException alone: the parser's own faults must come as one, too.</summary>
    [Fact]
    public void Load_DamagedText_YieldsNodesOrAYamlException()
    {
        int refused = 0;
        foreach (byte[] bytes in Damage.Of("{kind: Config, users: [{name: a, user: {token: \"x\"}}], &l list: [*l, ? b]}\n- |\n  c\n", rounds: 50_000))
        {
            try
            {
                BoundedYaml.Load(Encoding.UTF8.GetString(bytes));
            }
            catch (YamlException)
            {
                refused++;
            }
        }

        refused.ShouldBeGreaterThan(0);
    }
}
