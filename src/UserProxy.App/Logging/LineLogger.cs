using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace UserProxy.App.Logging;

/// <summary>
/// Makes lines of log events, on the thread that logs, as the framework's formatters for consoles write them. Made by <see cref="LogOutput"/>.
/// </summary>
/// <param name="category">What logs.</param>
/// <param name="formatter">Text or JSON.</param>
/// <param name="add">Takes the line.</param>
internal sealed class LineLogger(string category, ConsoleFormatter formatter, Action<string> add) : ILogger
{
    [ThreadStatic]
    private static StringWriter? Writer;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> message)
    {
        const int KeptCapacity = 1024;
        var writer = Writer ??= new StringWriter();
        formatter.Write(new LogEntry<TState>(logLevel, category, eventId, state, exception, message), scopeProvider: null, writer);
        var text = writer.GetStringBuilder();
        if (text.Length == 0) return;
        string line = text.ToString();
        text.Clear();
        if (text.Capacity > KeptCapacity) text.Capacity = KeptCapacity;
        add(line);
    }
}
