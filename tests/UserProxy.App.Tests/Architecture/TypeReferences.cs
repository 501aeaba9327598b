using System.Reflection;
using System.Reflection.Emit;

namespace UserProxy.App.Tests.Architecture;

/// <summary>
/// Every reference from one type to another that an assembly makes: in signatures, fields, bases, attributes, locals and method bodies.
/// What a nested or generated type does counts for the type around it.
/// </summary>
internal static class TypeReferences
{
    private const BindingFlags Own = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<short, OpCode> OpCodesByValue = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => code.Value);

    public static IEnumerable<(Type From, Type To)> Of(Assembly assembly) => (
        from type in assembly.GetTypes()
        from used in OfType(type).SelectMany(Parts)
        let pair = (From: Outermost(type), To: Outermost(used))
        where pair.From != pair.To
        select pair).Distinct();

    private static IEnumerable<Type?> OfType(Type type) =>
    [
        type.BaseType,
        .. type.GetInterfaces(),
        .. type.GetFields(Own).Select(field => field.FieldType),
        .. type.GetMembers(Own).Append(type).SelectMany(member => member.GetCustomAttributesData()).Select(attribute => attribute.AttributeType),
        .. type.GetMethods(Own).Cast<MethodBase>().Concat(type.GetConstructors(Own)).SelectMany(OfMethod),
    ];

    private static IEnumerable<Type?> OfMethod(MethodBase method)
    {
        foreach (var parameter in method.GetParameters()) yield return parameter.ParameterType;
        if (method is MethodInfo info) yield return info.ReturnType;
        if (method.GetMethodBody() is not { } body) yield break;
        foreach (var local in body.LocalVariables) yield return local.LocalType;
        foreach (var clause in body.ExceptionHandlingClauses)
        {
            if (clause.Flags == ExceptionHandlingClauseOptions.Clause) yield return clause.CatchType;
        }

        foreach (int token in Tokens(body.GetILAsByteArray()!))
        {
            var member = method.Module.ResolveMember(
                token, method.DeclaringType?.GetGenericArguments(), method.IsGenericMethod ? method.GetGenericArguments() : null);
            yield return member as Type ?? member?.DeclaringType;
            if (member is FieldInfo field) yield return field.FieldType;
            if (member is MethodInfo called)
            {
                yield return called.ReturnType;
                if (!called.IsGenericMethod) continue;
                foreach (var argument in called.GetGenericArguments()) yield return argument;
            }
        }
    }

    private static IEnumerable<int> Tokens(byte[] il)
    {
        int at = 0;
        while (at < il.Length)
        {
            short value = il[at++];
            if (value == 0xFE) value = (short)((value << 8) | il[at++]);
            var code = OpCodesByValue[value];
            if (code.OperandType is OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineType or OperandType.InlineTok)
                yield return BitConverter.ToInt32(il, at);
            at += SizeOfOperand(code.OperandType, il, at);
        }
    }

    private static int SizeOfOperand(OperandType type, byte[] il, int at) => type switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(il, at)),
        _ => 4,
    };

    /// <summary>The named types that a constructed type is made of: array items, generic arguments.</summary>
    private static IEnumerable<Type> Parts(Type? type)
    {
        if (type is null || type.IsGenericParameter || type.IsFunctionPointer) return [];
        if (type.HasElementType) return Parts(type.GetElementType());
        return type.IsConstructedGenericType ? [type.GetGenericTypeDefinition(), .. type.GetGenericArguments().SelectMany(Parts)] : [type];
    }

    private static Type Outermost(Type type) => type.DeclaringType is { } outer ? Outermost(outer) : type;
}
