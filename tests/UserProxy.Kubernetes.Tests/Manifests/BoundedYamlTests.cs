using System.Text;
using UserProxy.Kubernetes.Manifests;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace UserProxy.Kubernetes.Tests.Manifests;

public class BoundedYamlTests
{
    /// <summary>Whoever reads a configuration or a kubeconfig catches YamlException alone: the parser's own faults must come as one, too.</summary>
    [Fact]
    public void Load_DamagedText_YieldsNodesOrAYamlException()
    {
        int refused = 0;
        foreach (byte[] bytes in Damage.Of(
            "{kind: Config, users: [{name: a, user: {token: \"x\"}}], &l list: [*l, ? b]}\n- |\n  c\nd: \"e\nf\"\n---\ng: [\n1]\n", rounds: 50_000))
        {
            try
            {
                BoundedYaml.Load(Encoding.UTF8.GetString(bytes));
                BoundedYaml.LoadLastKeys(Encoding.UTF8.GetString(bytes), out _);
                BoundedYaml.LoadReadable(Encoding.UTF8.GetString(bytes), out _);
            }
            catch (YamlException)
            {
                refused++;
            }
        }

        refused.ShouldBeGreaterThan(0);
    }

    /// <summary>The values are those that libyaml gives (PyYAML 6.0.3 with its C loader), whose scanner kubectl's is a translation of.</summary>
    [Theory]
    [InlineData("a: \"one\ntwo\"\nb: 1\n", "{a:one two,b:1}")]
    [InlineData("a:\n  b: 'one\n two\n\nthree'\n", "{a:{b:one two\nthree}}")]
    [InlineData("- \"\\\n  x\\ny\"\n- 'it''s\nb'\n", "[x\ny,it's b]")]
    [InlineData("a: [\n1\n  ]\nb: {\nc: d, \"e\": [f,\ng]\n}\n", "{a:[1],b:{c:d,e:[f,g]}}")]
    [InlineData("- args: [\"sh\", \"-c\", \"echo one;\n  echo two\"]\n  n: \"x: \\\"y\nz\"\n", "[{args:[sh,-c,echo one; echo two],n:x: \"y z}]")]
    [InlineData("a: |\n  it's \"text\n  [\nb: \"c # no comment\nd\" # it's one\n", "{a:it's \"text\n[\n,b:c # no comment d}")]
    [InlineData("a: it's [text\nb: >-\n\n  \"x\n\nc: \"d\ne\"\n", "{a:it's [text,b:\n\"x,c:d e}")]
    [InlineData("k:{\"p\":1}: \"a\nb\"\nl: -[1]\n", "{k:{\"p\":1}:a b,l:-[1]}")]
    [InlineData("a: \"b\r\nc\"\r\nd: [\r\n  1,\r\n2]\r\n", "{a:b c,d:[1,2]}")]
    [InlineData("a: &x \"b\n\tc\"\nd: !!str 'e\n \n\nf'\n", "{a:b c,d:e\n\nf}")]
    public void Load_ContinuationLinesAtAnyColumn_ReadsWhatLibyamlReads(string text, string value) =>
        Shown(BoundedYaml.Load(text).Documents.ShouldHaveSingleItem().RootNode).ShouldBe(value);

    /// <summary>Values of the same reader. An anchor of a scalar in a flow mapping made YamlDotNet's parser lose the comma after it.</summary>
    [Theory]
    [InlineData("{a: &x 1, b: *x}", "{a:1,b:1}")]
    [InlineData("metadata: {name: &n web, labels: {app: *n}}\n", "{metadata:{name:web,labels:{app:web}}}")]
    [InlineData("{a: &x \"s\" , &y b: &z\n c, d: [&u e, *x], f: *z}", "{a:s,b:c,d:[e,s],f:c}")]
    [InlineData("a: &x {b: &y c}\n---\n{&z d: e}\n", "{a:{b:c}} {d:e}")]
    public void Load_AnchorsInFlowMappings_ReadsWhatLibyamlReads(string text, string values) =>
        string.Join(' ', BoundedYaml.Load(text).Documents.Select(document => Shown(document.RootNode))).ShouldBe(values);

    [Theory]
    [InlineData("{a: &x 1 b: 2}")]
    [InlineData("{a: &x 1, b: *y}")]
    public void Load_BrokenBesideAnchors_IsRefused(string text) => Should.Throw<YamlException>(() => BoundedYaml.Load(text));

    /// <summary>As <c>cat a.json b.json</c> makes them, and as kubectl takes them.</summary>
    [Theory]
    [InlineData("{\"a\": 1}\n{\"b\": \"}{\\\"\"}\n", "{a:1} {b:}{\"}", 1, 2)]
    [InlineData("\n{\n\"a\": [1, {}]\n}\n\n  {\"b\": 2} {\"c\": 3}", "{a:[1,{}]} {b:2} {c:3}", 2, 6, 7)]
    public void Load_JsonObjectsInARow_AreDocuments(string text, string values, params int[] lines)
    {
        var roots = BoundedYaml.Load(text).Documents.Select(document => document.RootNode).ToList();
        string.Join(' ', roots.Select(Shown)).ShouldBe(values);
        roots.Select(root => (int)root.Start.Line).ShouldBe(lines);
    }

    [Theory]
    [InlineData("{a: 1} b\n{c: 1}\n")]
    [InlineData("{a: 1}, {c: 1}\n")]
    public void Load_SomethingBetweenFlowMappings_IsRefused(string text) => Should.Throw<YamlException>(() => BoundedYaml.Load(text));

    [Theory]
    [InlineData("a:\n  b: c\n\td: e\n", 3)]
    [InlineData("a:\n  b:\n\t- c\n", 3)]
    [InlineData("- a\n- b: x\n \tc: y\n", 3)]
    public void Load_TabAsIndentation_NamesItsLine(string text, int line) =>
        Should.Throw<YamlException>(() => BoundedYaml.Load(text)).Start.Line.ShouldBe(line);

    [Theory]
    [InlineData("a: \"one\ntwo\n", 1)]
    [InlineData("a: \"one\n---\ntwo\"\n", 1)]
    [InlineData("a: [one\nb: two\n", 1)]
    [InlineData("a: \"one\ntwo\" three\n", 1)]
    public void Load_BrokenBesideContinuationLines_IsRefused(string text, int line) =>
        Should.Throw<YamlException>(() => BoundedYaml.Load(text)).Start.Line.ShouldBe(line);

    /// <summary>What is indented for the scanner must not be paid for again in each line.</summary>
    [Fact]
    public void Load_ContinuationLinesOfALongLine_AreRefusedInBounds()
    {
        string text = $"{new string('k', 1 << 20)}: [{string.Concat(Enumerable.Repeat("\n1,", 1 << 20))}]";
        long before = GC.GetAllocatedBytesForCurrentThread();

        Should.Throw<YamlException>(() => BoundedYaml.Load(text));

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1L << 30);
    }

    [Fact]
    public void LoadReadable_BrokenDocuments_LeavesTheOthersWithTheirLines()
    {
        var yaml = BoundedYaml.LoadReadable("# first\n---\na: 1\n---\nb: \"x\n---\n--- {c: [1}\n---\nd: \"e\nf\"\ng: 2\n...\n---\nh: @i\n", out var faults);

        faults.Select(fault => (fault.Document, fault.Line)).ShouldBe([(2, 5), (4, 7), (6, 14)]);
        var last = (YamlMappingNode)yaml.Documents[4].RootNode;
        Shown(last).ShouldBe("{d:e f,g:2}");
        last.Children[1].Key.Start.Line.ShouldBe(11);
        yaml.Documents.Count.ShouldBe(6);
    }

    [Theory]
    [InlineData("a: \"x\n")]
    [InlineData("# nothing else\n---\na: \"x\n")]
    public void LoadReadable_NothingToRead_IsRefused(string text) => Should.Throw<YamlException>(() => BoundedYaml.LoadReadable(text, out _));

    [Fact]
    public void LoadLastKeys_KeysWrittenAgain_CountAndAreNamed()
    {
        var yaml = BoundedYaml.LoadLastKeys("a: 1\nb: {c: 2, d: [{e: 3, e: 4}], c: 5}\na: {f: 6}\n\"a\": 7\n", out var repeated);

        Shown(yaml.Documents.ShouldHaveSingleItem().RootNode).ShouldBe("{b:{d:[{e:4}],c:5},a:7}");
        repeated.ShouldBe([("e", 2), ("c", 2), ("a", 3), ("a", 4)]);
    }

    private static string Shown(YamlNode node) => node switch
    {
        YamlMappingNode mapping => $"{{{string.Join(',', mapping.Children.Select(child => $"{Shown(child.Key)}:{Shown(child.Value)}"))}}}",
        YamlSequenceNode sequence => $"[{string.Join(',', sequence.Children.Select(Shown))}]",
        _ => ((YamlScalarNode)node).Value!,
    };
}
