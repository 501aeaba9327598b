// Two layers, one of which breaks the rule in every way that the test must see. Together in one file, as nobody uses them alone.
namespace UserProxy.App.Tests.Architecture
{
    namespace Upper
    {
        public sealed class Thing
        {
            public static int Count => 1;
        }
    }

    namespace Lower
    {
        public static class UsesInBody
        {
            public static int Get() => Upper.Thing.Count;
        }

        public static class UsesInAsyncBody
        {
            public static async Task<int> GetAsync()
            {
                await Task.Yield();
                return Upper.Thing.Count;
            }
        }

        public sealed class UsesInField
        {
            internal readonly Upper.Thing Field = new();
        }

        public static class UsesAsGenericArgument
        {
            public static int Get() => Array.Empty<Upper.Thing>().Length;
        }

        public static class UsesInTypeof
        {
            public static string Get() => typeof(Upper.Thing).Name;
        }
    }
}
