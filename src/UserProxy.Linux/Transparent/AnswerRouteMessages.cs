using System.Runtime.InteropServices;
using System.Text;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.Netlink;
using UserProxy.Linux.VirtualIPs;

namespace UserProxy.Linux.Transparent;

/// <summary>
/// The rules and the route by which answers to clients' addresses come to this node, as rtnetlink(7) messages. In one family:
/// <code>
/// 117: from all fwmark 0x20/0x20 iif lo goto 119 proto 117
/// 118: from all fwmark 0x20/0x20 lookup 117117 proto 117
/// 119: from all nop proto 117
/// local default dev lo table 117117 proto 117
/// </code>
/// What is looked up as from lo is what this node sends, and where a source may come from (net.ipv4.conf.*.src_valid_mark, which WireGuard sets): to both the
/// table would say that everything is this node's. No system calls here; used by <see cref="AnswerRoutes"/>.
/// </summary>
internal static class AnswerRouteMessages
{
    public const ushort NewRule = 32, DeleteRule = 33, NewLink = 16, DeleteLink = 17, NewAddress = 20, DeleteAddress = 21;

    /// <summary>Ours in rules and routes, as for virtual IPs.</summary>
    public const byte Protocol = LocalRoute.OurProtocol;

    public const int Table = 117117;

    /// <summary>How many <see cref="WriteRule"/> knows. The last comes first: the goto needs it.</summary>
    public const int Rules = 3;

    private const int FirstPriority = 117;
    private const int RuleLength = 12, RouteLength = 12; // sizeof(struct fib_rule_hdr), sizeof(struct rtmsg)
    private const ushort Request = 0x1, Acknowledge = 0x4, Exclusive = 0x200, Create = 0x400;
    private const byte ToTable = 1, Goto = 2, Nothing = 3; // FR_ACT_TO_TBL, FR_ACT_GOTO, FR_ACT_NOP
    private const ushort InInterface = 3, GotoPriority = 4, Priority = 6, Mark = 10, RuleTable = 15, MarkMask = 16, RuleProtocol = 21; // FRA_
    private const ushort OutInterface = 4, RouteTable = 15; // RTA_
    private const byte TableInAttribute = 252, ScopeHost = 254, TypeLocal = 2;
    private const int Loopback = 1;

    /// <summary>Adds or removes the rule of this number, from 0; returns the message's length.</summary>
    public static int WriteRule(Span<byte> buffer, int number, bool add, int family, uint sequence)
    {
        byte action = number switch { 0 => Goto, 1 => ToTable, _ => Nothing };
        var writer = new Writer(buffer, add ? NewRule : DeleteRule, add, sequence);
        var rule = writer.Body(RuleLength);
        rule[0] = (byte)family;
        rule[7] = action;
        writer.Add(Priority, FirstPriority + number);
        writer.Add(RuleProtocol, [Protocol]);
        if (action != Nothing)
        {
            writer.Add(Mark, TransparentMarks.Answer);
            writer.Add(MarkMask, TransparentMarks.Answer);
        }

        if (action == Goto)
        {
            writer.Add(InInterface, Encoding.ASCII.GetBytes("lo\0"));
            writer.Add(GotoPriority, FirstPriority + Rules - 1);
        }

        if (action == ToTable) writer.Add(RuleTable, Table);
        return writer.Finish();
    }

    public static int WriteRoute(Span<byte> buffer, bool add, int family, uint sequence)
    {
        var writer = new Writer(buffer, add ? RouteMessages.NewRoute : RouteMessages.DeleteRoute, add, sequence);
        var route = writer.Body(RouteLength);
        route[0] = (byte)family;
        route[4] = TableInAttribute;
        route[5] = Protocol;
        route[6] = family == Libc.AF_INET6 ? (byte)0 : ScopeHost;
        route[7] = TypeLocal;
        writer.Add(RouteTable, Table);
        writer.Add(OutInterface, Loopback);
        return writer.Finish();
    }

    /// <summary>A notification that one of the rules, or the route, has gone: of a route of our protocol, or of any rule.</summary>
    public static bool MayBeOurs(in NetlinkMessage message) => message.Type == DeleteRule
        || (message.Type == RouteMessages.DeleteRoute && message.Payload.Length >= RouteLength && message.Payload[5] == Protocol);

    private ref struct Writer(Span<byte> buffer, ushort type, bool add, uint sequence)
    {
        private readonly Span<byte> _buffer = buffer;
        private int _length = NetlinkMessages.HeaderLength;

        public Span<byte> Body(int length)
        {
            _buffer.Clear();
            var body = _buffer.Slice(_length, length);
            _length += length;
            return body;
        }

        public void Add(ushort attribute, int value)
        {
            Span<byte> bytes = stackalloc byte[sizeof(int)];
            MemoryMarshal.Write(bytes, value);
            Add(attribute, bytes);
        }

        public void Add(ushort attribute, scoped ReadOnlySpan<byte> value)
        {
            MemoryMarshal.Write(_buffer[_length..], (ushort)(4 + value.Length));
            MemoryMarshal.Write(_buffer[(_length + 2)..], attribute);
            value.CopyTo(_buffer[(_length + 4)..]);
            _length = NetlinkMessages.Align(_length + 4 + value.Length);
        }

        public readonly int Finish()
        {
            MemoryMarshal.Write(_buffer, _length);
            MemoryMarshal.Write(_buffer[4..], type);
            MemoryMarshal.Write(_buffer[6..], (ushort)(Request | Acknowledge | (add ? Create | Exclusive : 0)));
            MemoryMarshal.Write(_buffer[8..], sequence);
            return _length;
        }
    }
}
