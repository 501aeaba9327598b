using FsCheck;
using FsCheck.Fluent;

namespace UserProxy.Tests;

/// <summary>Runs a property on 200 generated cases, the same ones in every run; a failure throws with the smallest case that fails.</summary>
internal static class PropertyCheck
{
    private static readonly Config Fixed = Config.QuickThrowOnFailure.WithMaxTest(200).WithReplay(20_250_101, 77);

    public static void ForAll<T>(Gen<T> cases, Action<T> body) => Check.One(Fixed, Prop.ForAll(cases.ToArbitrary(), body));
}
