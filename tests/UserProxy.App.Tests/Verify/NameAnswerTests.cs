using System.Net;
using UserProxy.App.Verify;
using UserProxy.App.Verify.Probing;

namespace UserProxy.App.Tests.Verify;

/// <summary>Bytes of DNS that may come from anybody.</summary>
public sealed class NameAnswerTests
{
    private const ushort TypeA = 1, TypeAaaa = 28;

    private static readonly byte[] Question = NameAnswer.Question("web.demo.svc.cluster.local", TypeA, 0x1234);

    [Fact]
    public void Question_IsAsResolversTakeIt() =>
        Convert.ToHexString(NameAnswer.Question("a.bc", TypeA, 0x1234)).ShouldBe("123401000001000000000000" + "016102626300" + "00010001");

    [Fact]
    public void Answer_WithAddresses_IsRead()
    {
        byte[] answer = Answer(code: 0, [0xC0, 0x0C, 0, 5, 0, 1, 0, 0, 0, 60, 0, 2, 0xC0, 0x0C], Record(TypeA, 10, 96, 0, 7));

        var read = NameAnswer.Read(answer, Question, TypeA);

        read!.Value.Code.ShouldBe(0);
        read.Value.Addresses.ShouldBe([IPAddress.Parse("10.96.0.7")]);
    }

    [Fact]
    public void Answer_NoSuchName_IsItsCode() => NameAnswer.Read(Answer(code: 3), Question, TypeA)!.Value.Code.ShouldBe(3);

    [Fact]
    public void Answer_OfAnotherType_HasNoAddress() =>
        NameAnswer.Read(Answer(code: 0, Record(TypeAaaa, new byte[16])), Question, TypeA)!.Value.Addresses.ShouldBeEmpty();

    [Fact]
    public void Answer_ToAnotherQuestion_IsNone()
    {
        NameAnswer.Read(Answer(code: 0), NameAnswer.Question("web.demo.svc.cluster.local", TypeA, 0x1235), TypeA).ShouldBeNull();
        NameAnswer.Read(Answer(code: 0), NameAnswer.Question("wbe.demo.svc.cluster.local", TypeA, 0x1234), TypeA).ShouldBeNull();
        NameAnswer.Read(Question, Question, TypeA).ShouldBeNull();
    }

    [Fact]
    public void Answer_CutAnywhere_IsReadAsFarAsItGoes()
    {
        byte[] answer = Answer(code: 0, Record(TypeA, 10, 96, 0, 7), Record(TypeA, 10, 96, 0, 8));
        for (int length = 0; length < answer.Length; length++) NameAnswer.Read(answer.AsSpan(0, length), Question, TypeA)?.Addresses.Count.ShouldBeLessThan(2);
    }

    [Fact]
    public void Domain_IsThatOfTheSearchList()
    {
        using var folder = new TempFolder();
        string file = folder.Write("resolv.conf", "nameserver 10.96.0.10\nsearch kube-system.svc.example.org svc.example.org example.org\n");

        NameOfService.Of(new("demo", "web", null), file).ShouldBe("web.demo.svc.example.org");
        NameOfService.Of(new("demo", "web", null), "/nonexistent").ShouldBe("web.demo.svc.cluster.local");
    }

    private static byte[] Answer(byte code, params byte[][] records)
    {
        byte[] header = [.. Question];
        header[2] = 0x81;
        header[3] = code;
        header[7] = (byte)records.Length;
        return [.. header, .. records.SelectMany(record => record)];
    }

    private static byte[] Record(ushort type, params byte[] data) => [0xC0, 0x0C, 0, (byte)type, 0, 1, 0, 0, 0, 60, 0, (byte)data.Length, .. data];
}
