using System.Buffers.Binary;
using System.Diagnostics;
using UserProxy.Linux.SocketFilters;

namespace UserProxy.Linux.Tests.SocketFilters;

/// <summary>Runs a program as the kernel's classic BPF does, for the instructions that the compiler uses; anything else is a failure.</summary>
internal static class FilterInterpreter
{
    /// <param name="program">What to run.</param>
    /// <param name="network">The packet from its IP header.</param>
    /// <param name="transport">The packet from its TCP header, where data begin for a TCP socket.</param>
    public static uint Run(FilterInstruction[] program, ReadOnlySpan<byte> network, ReadOnlySpan<byte> transport)
    {
        uint accumulator = 0;
        Span<uint> scratch = stackalloc uint[16];
        for (int at = 0; ; at++)
        {
            var (code, ifTrue, ifFalse, value) = program[at];
            switch (code)
            {
                case SynFilterCompiler.LoadByte:
                    accumulator = transport[(int)value];
                    break;
                case SynFilterCompiler.LoadWord:
                    accumulator = BinaryPrimitives.ReadUInt32BigEndian(network[(int)(value - SynFilterCompiler.NetworkHeader)..]);
                    break;
                case SynFilterCompiler.LoadScratch:
                    accumulator = scratch[(int)value];
                    break;
                case SynFilterCompiler.StoreScratch:
                    scratch[(int)value] = accumulator;
                    break;
                case SynFilterCompiler.And:
                    accumulator &= value;
                    break;
                case SynFilterCompiler.JumpIfEqual:
                    at += accumulator == value ? ifTrue : ifFalse;
                    break;
                case SynFilterCompiler.Jump:
                    at += (int)value;
                    break;
                case SynFilterCompiler.Return:
                    return value;
                default:
                    throw new UnreachableException($"instruction {code:x}");
            }
        }
    }
}
