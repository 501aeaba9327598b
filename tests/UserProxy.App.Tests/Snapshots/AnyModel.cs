using System.Collections;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using UserProxy.Model;

namespace UserProxy.App.Tests.Snapshots;

/// <summary>
/// Values of the model by reflection: every property that can be set, is. Whoever adds a property to the model finds it here without a change, and one of a new
/// type is said. <see cref="ShouldBeTheSame"/> looks at properties, as equality may leave one out.
/// </summary>
/// <param name="random">Null: each property gets a value that is not its default, and lists have items.</param>
internal sealed class AnyModel(Random? random)
{
    private static readonly string[] Words = ["web", "shop", "", "node-1", "zone-b", "Grüße", "a \"quoted\" text", "\u0001", new string('x', 300)];

    private int _made;

    public ServiceTable Table()
    {
        var ports = new List<ServicePort>();
        for (int i = Count(3); i > 0; i--) ports.Add((ServicePort)Of(typeof(ServicePort)));
        var table = new ServiceTable(Below(1_000_000) + 1, ports, (ValueList<TableIssue>)Of(typeof(ValueList<TableIssue>)));
        foreach (var property in Settable(typeof(ServiceTable))) property.SetValue(table, Of(property.PropertyType));
        return table;
    }

    public static IEnumerable<PropertyInfo> Settable(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.SetMethod is not null && property.GetIndexParameters().Length == 0);

    public static void ShouldBeTheSame(object? actual, object? expected, string where)
    {
        if (expected is null || actual is null || IsLeaf(expected.GetType()))
        {
            actual.ShouldBe(expected, where);
            return;
        }

        if (expected is IEnumerable items)
        {
            object?[] wanted = [.. items.Cast<object?>()], had = [.. ((IEnumerable)actual).Cast<object?>()];
            had.Length.ShouldBe(wanted.Length, where);
            for (int i = 0; i < wanted.Length; i++) ShouldBeTheSame(had[i], wanted[i], $"{where}[{i}]");
            return;
        }

        foreach (var property in expected.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
            ShouldBeTheSame(property.GetValue(actual), property.GetValue(expected), $"{where}.{property.Name}");
    }

    private static bool IsLeaf(Type type) => type.IsPrimitive || type.IsEnum || type == typeof(string) || type == typeof(IPAddress) || type == typeof(TimeSpan)
        || type == typeof(IPEndPoint);

    private static Type? ItemOf(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ValueList<>) ? type.GetGenericArguments()[0] : null;

    private object Of(Type type)
    {
        _made++;
        if (type == typeof(string)) return random is null ? $"text {_made}" : Words[Below(Words.Length)];
        if (type == typeof(bool)) return random is null || Below(2) == 1;
        if (type == typeof(int)) return random is null ? _made + 2 : Below(65_536);
        if (type == typeof(ulong)) return random is null ? ulong.MaxValue - (ulong)_made : (ulong)random.NextInt64();
        if (type == typeof(TimeSpan)) return TimeSpan.FromTicks(random is null ? 1234567 + _made : random.NextInt64(TimeSpan.TicksPerDay));
        if (type == typeof(IPAddress)) return Address();
        if (type == typeof(AddressFamily)) return random is null || Below(2) == 1 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        if (type.IsEnum) return EnumOf(type);
        if (Nullable.GetUnderlyingType(type) is { } inner) return Of(inner);
        if (ItemOf(type) is { } item) return ListOf(type, item);
        if (type.Namespace == typeof(ServiceTable).Namespace) return RecordOf(type);
        throw new NotSupportedException($"{type} is new in the model: the snapshot must write it (TableWriter, TableReader), and AnyModel make it");
    }

    private object RecordOf(Type type)
    {
        // The copy constructor of a record is not public.
        var constructor = type.GetConstructors().OrderByDescending(one => one.GetParameters().Length).FirstOrDefault();
        object made = constructor is null
            ? Activator.CreateInstance(type)!
            : constructor.Invoke([.. constructor.GetParameters().Select(parameter => Of(parameter.ParameterType))]);
        foreach (var property in Settable(type))
        {
            // Some are true when nobody says otherwise.
            if (random is null && property.GetValue(made) is bool usual) property.SetValue(made, !usual);
            else if (random is not null && IsNullable(property) && Below(2) == 1) property.SetValue(made, null);
            else if (property.Name != nameof(CidrBlock.PrefixLength)) property.SetValue(made, Of(property.PropertyType));
            else property.SetValue(made, Below(33));
        }

        return made;
    }

    private object EnumOf(Type type)
    {
        var values = Enum.GetValues(type);
        return values.GetValue(random is null ? values.Length - 1 : Below(values.Length))!;
    }

    private object ListOf(Type type, Type item)
    {
        var items = Array.CreateInstance(item, Count(2));
        for (int i = 0; i < items.Length; i++) items.SetValue(Of(item), i);
        return Activator.CreateInstance(type, items)!;
    }

    private IPAddress Address()
    {
        int number = random?.Next() ?? _made;
        return (number % 3) switch
        {
            0 => new IPAddress([10, (byte)(number >> 16), (byte)(number >> 8), (byte)number]),
            1 => IPAddress.Parse($"fd00::{number & 0xFFFF:x}"),
            _ => new IPAddress(IPAddress.Parse("fe80::1").GetAddressBytes(), number & 0xFF),
        };
    }

    private static bool IsNullable(PropertyInfo property) =>
        Nullable.GetUnderlyingType(property.PropertyType) is not null || new NullabilityInfoContext().Create(property).ReadState == NullabilityState.Nullable;

    private int Count(int usual) => random is null ? usual : Below(usual + 2);

    private int Below(int count) => random?.Next(count) ?? _made % count;
}
